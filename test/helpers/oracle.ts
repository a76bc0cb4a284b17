import { inspect } from 'node:util';
import type { Execution } from '#dispatch';
import type { Accepted } from './client-ledger.js';
import type { Effect } from './effects.js';
import { EventReader, type ReadEvent } from './event-reader.js';
import { eventually } from './eventually.js';
import type { Fleet } from './fleet.js';
import type { Service } from './service.js';

/** Executions looked at together. */
const BATCH = 20;

const UNFINISHED = ['pending', 'running'];
const FINAL = /^execution\.(completed|failed|cancelled|timed_out)$/;

export interface OracleOptions {
  /** How long everything accepted may take to end. Default 20 s. */
  within?: number;
  /** Accepted, and known to be missing: what a replica had not heard of. */
  missing?: ReadonlySet<string>;
  /**
   * The record itself was set back, to what a replica had heard: it does not know of everything that ran, and two workers
   * may have held the same claim for a moment. Ends and results are looked at, attempts and events are not.
   */
  setBack?: boolean;
}

export interface Figures {
  accepted: number;
  /** Accepted, and not there or without an end. */
  lost: number;
  /** Steps that ran more than once. */
  duplicated: number;
  p95SubmitMs: number;
  refusals: Record<string, number>;
}

/**
 * What has to be true after every fault, once it is healed and all has come to rest:
 * - every execution that was accepted has one end, one that it may have;
 * - what had to happen has happened, and is what the record says; no result is from an older attempt;
 * - a step ran twice only where more than one attempt is on record, with the same idempotency key, and never after its
 *   completion was on record;
 * - no event is missing or double, and the final one is the last;
 * - nothing is left in the queue, and nobody is left behind without an end;
 * - something was accepted at all.
 */
export async function expectOracle(
  fleet: Fleet,
  { within = 20_000, missing = new Set(), setBack = false }: OracleOptions = {},
): Promise<Figures> {
  const { ledger, effects } = fleet;
  const service = fleet.at(0);
  const expected = ledger.accepted.filter(({ executionId }) => !missing.has(executionId));
  expect(expected.length).toBeGreaterThan(0);
  await eventually(() => expectRest(service), { within });

  const calls = new Map<string, Effect[]>();
  for (const effect of effects.all()) {
    const of = calls.get(effect.executionId) ?? [];
    calls.set(effect.executionId, of);
    of.push(effect);
  }
  let lost = 0;
  let duplicated = 0;
  for (let at = 0; at < expected.length; at += BATCH) {
    const batch = expected.slice(at, at + BATCH);
    const found = await Promise.all(batch.map(({ executionId }) => look(service, executionId)));
    for (const [nth, accepted] of batch.entries()) {
      const seen = found[nth];
      if (seen === undefined) lost++;
      else duplicated += check(accepted, seen, calls.get(accepted.executionId) ?? [], setBack);
    }
  }
  expect(lost).toBe(0);
  await eventually(async () => {
    expect(await leftInRedis(fleet)).toEqual([]);
    return true;
  });
  const { p95Ms: p95SubmitMs, refusals } = ledger;
  return { accepted: ledger.accepted.length, lost, duplicated, p95SubmitMs, refusals };
}

interface Seen {
  execution: Execution;
  events: ReadEvent[];
}

async function expectRest(service: Service): Promise<true> {
  const pages = await Promise.all(
    UNFINISHED.map((status) => service.client.list(`?status=${status}&limit=10`)),
  );
  expect(pages.flatMap(({ items }) => items)).toEqual([]);
  return true;
}

async function look({ client, url }: Service, executionId: string): Promise<Seen | undefined> {
  const { status, json } = await client.get(`/v1/executions/${executionId}`);
  if (status !== 200) return undefined;
  const reader = await EventReader.open(`${url}/v1/executions/${executionId}/events`);
  await reader.closed;
  expect([reader.status, reader.isWhole]).toEqual([200, true]);
  return { execution: json as Execution, events: reader.events };
}

/** @returns how many steps ran more than once. */
function check(
  { executionId, ends }: Accepted,
  { execution, events }: Seen,
  effects: Effect[],
  setBack: boolean,
): number {
  const must = (what: string, isSo: boolean): void => {
    if (isSo) return;
    const about = { execution, events: events.map(brief), effects };
    throw new Error(`execution ${executionId}: ${what}\n${inspect(about, { depth: 4 })}`);
  };
  must(`it ends ${ends.join(' or ')}`, ends.includes(execution.status) && execution.finishedAt !== null);
  if (!setBack) checkEvents(events, must);
  let duplicated = 0;
  for (const [stepId, step] of Object.entries(execution.steps)) {
    const own = effects.filter((effect) => effect.stepId === stepId);
    const begun = own.filter(({ phase }) => phase === 'begin');
    const completions = events.filter(({ data }) => isCompletionOf(data, stepId));
    if (step.status === 'completed') {
      const { attempt, pid } = step.output as { attempt: number; pid: number };
      must(`${stepId} has the result of its last attempt`, attempt === step.attempts);
      must(
        `${stepId} happened as recorded`,
        own.some((effect) => effect.phase === 'end' && effect.attempt === attempt && effect.pid === pid),
      );
    }
    if (begun.length > 1) duplicated++;
    if (setBack) continue;
    must(`${stepId} completed once`, completions.length === (step.status === 'completed' ? 1 : 0));
    const [completedAt] = completions.map(({ data }) => Date.parse(data.time));
    must(
      `${stepId} does not run after its completion`,
      begun.every(({ at }) => completedAt === undefined || at <= completedAt),
    );
    must(
      `${stepId} has one idempotency key`,
      begun.every(({ idempotencyKey }) => idempotencyKey === `${executionId}:${stepId}`),
    );
    must(`${stepId} counts its attempts`, begun.length <= 1 || step.attempts > 1);
  }
  return duplicated;
}

/** Every claim numbers its events without a hole, and the final event of the run is the last of all. */
function checkEvents(events: ReadEvent[], must: (what: string, isSo: boolean) => void): void {
  must(
    'no event is missing',
    events.every(({ data }) => !data.missed),
  );
  const next = new Map<string, number>();
  for (const { data } of events) {
    const [claim = '', number] = data.id.split('.').slice(-2);
    const due = next.get(claim) ?? 1;
    must(`event ${data.id} follows the one before it`, Number(number) === due);
    next.set(claim, due + 1);
  }
  const finals = events.filter(({ type = '' }) => FINAL.test(type));
  must('there is one final event, the last', finals.length === 1 && finals[0] === events.at(-1));
}

function isCompletionOf({ type, data }: ReadEvent['data'], stepId: string): boolean {
  return type === 'step.completed' && 'stepId' in data && data.stepId === stepId;
}

function brief({ data: { id, type, time, subject } }: ReadEvent): string {
  return `${time} ${id.split('.').slice(-2).join('.')} ${type} ${subject.split('/')[1] ?? ''}`;
}

/** Jobs and locks of the queue that outlived their executions: keys of a job begin with its id. */
async function leftInRedis({ redis }: Fleet): Promise<string[]> {
  return redis.with(async (client) => {
    const jobs = await client.keys('*:queue:executions:[ih]-*');
    const active = await client.lrange('{orchestra}:queue:executions:active', 0, -1);
    const waiting = await client.zrange('{orchestra}:queue:executions:prioritized', '0', '-1');
    return [...jobs, ...active, ...waiting];
  });
}
