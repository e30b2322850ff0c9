import { closeSync, constants, createWriteStream, openSync, type WriteStream } from 'node:fs';
import type { Message } from '@bufbuild/protobuf';
import { type Caller, unknownCaller } from '../identity/caller.ts';
import { oneLine } from '../lib/plain-text.ts';
import { accessTable } from '../rpc/access-table.ts';
import type { JudgedCall } from '../rpc/guarded.ts';
import { ExecutorError } from '../step/errors.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';

/** What became of a call, as far as rights go. */
export type AuditOutcome = 'allowed' | 'denied' | 'unauthenticated';

/** One line of the audit log. */
export interface AuditRecord {
  readonly caller: string;
  readonly by: Caller['by'];
  readonly peer: string;
  readonly rpc: string;
  readonly outcome: AuditOutcome;
  /** By which rule it was allowed. */
  readonly rule?: string;
  readonly tenant?: string;
  readonly run?: string;
  readonly step?: string;
  readonly stage?: 'started' | 'ended';
  /** Name of the gRPC status. */
  readonly code?: string;
  readonly reason?: string;
}

/** Which calls are written down; every refusal is in each of them but off. */
export type AuditLevel = 'off' | 'refused' | 'changes' | 'all';

export interface AuditDeps {
  readonly level: AuditLevel;
  /** Absent: into the log, as lines with `audit: true`, whatever its own level. */
  readonly file?: string;
  readonly logger: Logger;
  readonly count: (rpc: string, outcome: AuditOutcome) => void;
}

export interface Audit {
  judged(call: JudgedCall): void;
  /** A call of somebody who is not known. */
  refused(rpc: string, peer: string, error: unknown): void;
  /** A page of the HTTP port. */
  page(path: string, caller: Caller, peer: string, error?: unknown): void;
  close(): void;
}

/** Bytes that wait for a disk that is slow, or full. */
const mostWaiting = 4 * 1024 * 1024;

/** Longest text of others in a line. */
const longest = 256;

/** Writes down who was let do what, for whom, and why not. Nothing of what was sent goes in but names; a line is JSON, whatever they hold. */
export function createAudit({ level, file, logger, count }: AuditDeps): Audit {
  const stream = file === undefined || level === 'off' ? undefined : openLog(file);
  stream?.on('error', (err) => logger.error({ err }, 'the audit log cannot be written'));
  let lost = 0;
  const destination = stream && {
    write(line: string): void {
      if (stream.writableLength > mostWaiting) lost += 1;
      else stream.write(line);
      if (lost > 0 && stream.writableLength < mostWaiting / 2) {
        logger.error({ lost }, 'the audit log was written too slowly: lines of it are lost');
        lost = 0;
      }
    },
  };
  const lines =
    destination === undefined
      ? logger.child({ audit: true }, { level: 'info' })
      : createLogger({ level: 'info', destination });
  const write = (record: AuditRecord): void => {
    // A stream that ends was counted when it began.
    if (record.stage !== 'ended') count(record.rpc, record.outcome);
    if (isWanted(level, record)) lines.info(record, 'audit');
  };
  return {
    judged({ rpc, context, request, admission, stage, error }) {
      const rule = admission?.rule;
      write({
        ...whoOf(context.caller, context.peer),
        rpc,
        outcome: admission === undefined ? outcomeOf(error) : admission.instead ? 'denied' : 'allowed',
        ...(rule !== undefined && { rule }),
        ...subjectOf(request),
        ...(stage !== undefined && { stage }),
        ...(stage !== 'started' && endOf(error)),
      });
    },
    refused: (rpc, peer, error) =>
      write({ ...whoOf(unknownCaller, peer), rpc, outcome: outcomeOf(error), ...endOf(error) }),
    page: (path, caller, peer, error) =>
      write({
        ...whoOf(caller, peer),
        rpc: path,
        outcome: error === undefined ? 'allowed' : outcomeOf(error),
        ...endOf(error),
      }),
    close: () => stream?.end(),
  };
}

/**
 * Opens it once before, since a stream says only later that it cannot. A pipe that nobody reads yet will do.
 * @throws Error when it cannot be written
 */
function openLog(file: string): WriteStream {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
  const mode = 0o600;
  try {
    closeSync(openSync(file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, mode));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
  }
  return createWriteStream(file, { flags: 'a', mode });
}

function isWanted(level: AuditLevel, { rpc, outcome }: AuditRecord): boolean {
  if (level === 'off') return false;
  if (level === 'all' || outcome !== 'allowed') return true;
  const set = accessTable[rpc]?.set;
  return level === 'changes' && set !== 'read' && set !== 'public' && !rpc.startsWith('/');
}

const whoOf = ({ name, by }: Caller, peer = ''): Pick<AuditRecord, 'caller' | 'by' | 'peer'> => ({
  caller: oneLine(name, longest),
  by,
  peer,
});

/** Whose steps a request is about: its key, the run that it cancels, or the filter of a list. */
function subjectOf(request: Message | undefined): Partial<Pick<AuditRecord, 'tenant' | 'run' | 'step'>> {
  if (request === undefined) return {};
  const { key, target, filter, tenant } = request as Message & Named;
  const named: Names = key ?? target?.value ?? filter ?? { ...(typeof tenant === 'string' && { tenant }) };
  const text = (name: string, value: string | undefined) =>
    value ? { [name]: oneLine(value, longest) } : {};
  return { ...text('tenant', named.tenant), ...text('run', named.runId), ...text('step', named.stepId) };
}

interface Names {
  readonly tenant?: string;
  readonly runId?: string;
  readonly stepId?: string;
}

interface Named {
  readonly key?: Names;
  readonly target?: { readonly value?: Names };
  readonly filter?: Names;
  readonly tenant?: unknown;
}

/** What lets nobody in, by its status; an issuer that does not answer lets nobody in either. */
function outcomeOf(error: unknown): AuditOutcome {
  const unknown = error instanceof ExecutorError && ['UNAUTHENTICATED', 'UNAVAILABLE'].includes(error.code);
  return unknown ? 'unauthenticated' : 'denied';
}

function endOf(error: unknown): Pick<AuditRecord, 'code' | 'reason'> {
  if (error === undefined) return { code: 'OK' };
  if (error instanceof ExecutorError) return { code: error.code, reason: error.reason };
  return { code: 'INTERNAL', reason: 'INTERNAL' };
}
