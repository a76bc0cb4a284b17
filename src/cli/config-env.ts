type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with the configuration that `--config` names, which wins over `ORCHESTRA_CONFIG`. */
export function configEnv(env: Environment, config: string | undefined): Environment {
  return config === undefined ? env : { ...env, ORCHESTRA_CONFIG: config };
}
