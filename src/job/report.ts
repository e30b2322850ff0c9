import { isRecord } from '../lib/is-record.ts';
import { oneLine } from '../lib/plain-text.ts';

/** What an agent says of its own end, through the termination message. Untrusted. */
export interface AgentReport {
  /** The report as valid JSON, at most 4 KiB; empty without any. */
  readonly json: string;
  /** GLIP's result status, if it is one. */
  readonly status: 'success' | 'partial' | 'failed' | undefined;
  /** Of error.json: whether the same again may succeed. */
  readonly retriable: boolean | undefined;
  /** Of error.json, as sentences for people behind ours, on one line and bounded; empty without any. */
  readonly words: string;
}

const none: AgentReport = { json: '', status: undefined, retriable: undefined, words: '' };

/** Kubernetes caps the file at 4,096 bytes; text that is no JSON object (a log's tail) is no report. */
export function readReport(message: string): AgentReport {
  const text = message.trim();
  if (!text.startsWith('{') || text.length > 4_096) return none;
  const value = parsed(text);
  if (value === undefined) return none;
  const { status } = value;
  const known = status === 'success' || status === 'partial' || status === 'failed' ? status : undefined;
  // In result.json the error is a part, in error.json and in a short report it is the whole.
  const error = isRecord(value.error) ? value.error : value;
  const { retriable } = error;
  return {
    json: text,
    status: known,
    retriable: typeof retriable === 'boolean' ? retriable : undefined,
    words: known === 'success' ? '' : wordsOf(error),
  };
}

/** The agent's own code, message and suggestion: `It says BAD_UNIT: no factor for "gal". It suggests: correct row 7.` */
function wordsOf({ error_code, message, suggested_action }: Readonly<Record<string, unknown>>): string {
  const [code, said, advice] = [plain(error_code, 64), plain(message, 400), plain(suggested_action, 300)];
  const says = [code, said].filter((s) => s !== '').join(': ');
  return [
    ...(says === '' ? [] : [`It says ${ended(says)}`]),
    ...(advice === '' ? [] : [`It suggests: ${ended(advice)}`]),
  ].join(' ');
}

const plain = (value: unknown, longest: number): string =>
  typeof value === 'string' ? oneLine(value, longest) : '';
const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
