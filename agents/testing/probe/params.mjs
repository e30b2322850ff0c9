import { flag, integer, oneOf, text } from '../../lib/params.mjs';

/** Signals that a test may want to see in a container's end. */
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGINT', 'SIGHUP'];

const MILLIS = { max: 3_600_000, fallback: 0 };

/**
 * Everything the probe can be told. Each default does nothing, so that `params: {}` is an agent that succeeds at once.
 * They take effect in this order: logs, files, message, child, memory, waiting, end.
 */
export const PROBE_PARAMS = Object.freeze({
  log_lines: integer({ max: 10_000_000, fallback: 0 }),
  log_line_bytes: integer({ min: 1, max: 1_048_576, fallback: 80 }),
  write_mb: integer({ max: 65_536, fallback: 0 }),
  termination_message: text({ pattern: /^.*$/s, hint: 'a text', fallback: null }),
  orphan_ms: integer(MILLIS),
  orphan_holds_output: flag(false),
  allocate_mb: integer({ max: 65_536, fallback: 0 }),
  run_ms: integer(MILLIS),
  on_sigterm: oneOf(['partial', 'ignore', 'fail', 'die'], 'partial'),
  sigterm_delay_ms: integer(MILLIS),
  signal: oneOf(SIGNALS, null),
  exit_code: integer({ max: 255, fallback: 0 }),
  report: flag(true),
});
