import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

import { safeLine } from './safe-line.ts';

export type { Logger } from 'pino';

/** From silent to loud; `silent` writes nothing. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Takes one line of JSON at a time, with its newline; process.stdout in the server. */
  readonly destination: DestinationStream;
}

/** Names of fields that hold secrets wherever they appear, down to two levels. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'token',
  'password',
  'secret',
  'clientKeyData',
  'client-key-data',
];

/** Logs JSON lines: `time` in ISO 8601, `level` by name, `msg`, and `err` with type, message, stack and causes. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      // Process id and host name are the platform's business: Kubernetes adds the pod to each line.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap(everywhere), censor: '[redacted]' },
    },
    { write: (line) => options.destination.write(safeLine(line)) },
  );
}

function everywhere(field: string): string[] {
  return [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`];
}
