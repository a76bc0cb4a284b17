import { OrchestraError } from '#core';

/** The pages that show the OpenAPI document are not installed with the service. */
export class DocsUnavailableError extends OrchestraError<'DOCS_UNAVAILABLE'> {
  constructor(cause: unknown) {
    super(
      'DOCS_UNAVAILABLE',
      'the package swagger-ui-dist is not installed; /openapi.json is there without it',
      {
        cause,
      },
    );
  }
}
