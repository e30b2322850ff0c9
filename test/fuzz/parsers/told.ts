import { create } from '@bufbuild/protobuf';
import { parse as parseYaml } from 'yaml';
import { LogGapSchema, LogLineSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { gapText, lineText } from '../../../src/cli/log-text.ts';
import { hasUnsafe, printable } from '../../../src/cli/printable.ts';
import { structured } from '../../../src/cli/structured.ts';
import { readRecord } from '../../../src/job/record.ts';
import { readReport } from '../../../src/job/report.ts';
import { lastLines, oneLine } from '../../../src/lib/plain-text.ts';
import { createLineReader } from '../../../src/logs/log-line.ts';
import { safeText } from '../../../src/rpc/status-text.ts';
import { createToStatus } from '../../../src/rpc/to-status.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { prettyLine } from '../../../src/telemetry/pretty.ts';
import { isPlainText, law, type Target } from '../target.ts';

const ansi = [
  '\u001b[31m',
  '\u001b]8;;http://x\u0007',
  '\u009b2J',
  '\u202e',
  '\u200b',
  '\r',
  '\u0008',
  '\u2028',
  '\ufeff',
  '\u{e0041}',
];
const texts = [
  'no factor for "gal"',
  'line one\nline two\r\nline three',
  'ünï 名 🧪',
  '{"message":"x"}',
  'a\u001b[31mred\u001b[0m',
];

let logged = '';
const logger = createLogger({
  level: 'info',
  destination: {
    write(line) {
      logged += line;
    },
  },
});
const toStatus = createToStatus();

/** A log's own lines: each is one object, and has the fields that were given, whatever they hold. */
function logLine(text: string): void {
  logged = '';
  logger.info({ caller: text, [`f${text}`]: text, err: new Error(text) }, text);
  law(logged.endsWith('\n') && logged.indexOf('\n') === logged.length - 1, 'a line became two');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the check for them.
  law(!/[\u0000-\u001f]/.test(logged.slice(0, -1)), 'a control character stands in the log');
  const line = JSON.parse(logged);
  law(
    (line.level === 'info' && line.caller === text.toWellFormed()) || line.caller === text,
    'a field was forged',
  );
  const pretty = prettyLine(logged);
  law(
    pretty.split('\n').filter((row) => !row.startsWith('    ')).length === 2,
    `a pretty line became more: ${pretty}`,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the check for them.
  law(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(pretty), 'a terminal would obey the pretty line');
}

/** What agents and callers write, on its way to people. */
export const told: readonly Target[] = [
  {
    name: "an agent's report",
    weight: 5,
    samples: [
      '{"status":"failed","error":{"error_code":"BAD_UNIT","message":"no factor","suggested_action":"correct row 7","retriable":false}}',
      '{"status":"success"}',
      '{"error_code":"X","message":"y"}',
    ],
    words: [...ansi, '"status":"success"', '"__proto__":{"status":"success"}', '"retriable":true'],
    run(text) {
      const { json, words, status } = readReport(text);
      law(isPlainText(words) && words.length < 900 && words.isWellFormed(), JSON.stringify(words));
      if (json === '') return false;
      law(json.length <= 4_096, `${json.length} characters`);
      law(status !== 'success' || JSON.parse(json).status === 'success', 'it says a success that is none');
      return true;
    },
  },
  {
    name: 'a record on a Job',
    weight: 3,
    samples: [
      '{"version":1,"end":{"state":"SUCCEEDED","time":1,"incarnation":0,"outcome":{"reason":"Completed","message":""}},"timeline":[],"image":"a"}',
    ],
    words: ['"version":2', '"__proto__":', '"timeline":[{}]', 'null'],
    run(text) {
      const record = readRecord(text);
      return record !== undefined || text.startsWith('{"version":1,"end"');
    },
  },
  {
    name: 'log lines',
    weight: 3,
    samples: texts.map(
      (text) => `2026-11-27T16:37:27.704723928+00:00 ${text}\n2026-11-27T16:37:28.704723928Z x\n`,
    ),
    words: [...ansi, '\n', '\r\n', '2026-11-27T16:37:27Z ', '2026-11-27T99:99:99Z '],
    run(text) {
      const bytes = Buffer.from(text);
      const whole = createLineReader();
      const all = [...whole.lines(bytes)].concat(whole.rest() ?? []);
      const parts = createLineReader();
      const cut = bytes.length % 7 === 0 ? bytes.length : bytes.length % 13;
      const pieces = [...parts.lines(bytes.subarray(0, cut)), ...parts.lines(bytes.subarray(cut))].concat(
        parts.rest() ?? [],
      );
      law(JSON.stringify(pieces) === JSON.stringify(all), 'where the chunks end makes a difference');
      for (const line of all) {
        law(!line.text.includes('\n'), 'a line has an end in it');
        const message = create(LogLineSchema, { text: line.text, truncated: line.truncated });
        const shown = lineText(message, { timestamps: true, raw: false });
        law(
          isPlainText(shown.slice(0, -1).replaceAll('\t', '')) && !hasUnsafe(shown.replaceAll('\t', '')),
          JSON.stringify(shown),
        );
      }
      return all.length > 0;
    },
  },
  {
    name: 'text for a terminal',
    weight: 0.5,
    samples: texts,
    words: ansi,
    run(text) {
      law(isPlainText(printable(text)) && !hasUnsafe(printable(text)), JSON.stringify(printable(text)));
      const gap = gapText(create(LogGapSchema, { reason: text, message: text }));
      law(isPlainText(gap.slice(0, -1)), JSON.stringify(gap));
      const value = { [text]: [text, { a: text }] };
      for (const format of ['json', 'yaml'] as const) {
        const out = structured(value, format);
        law(!hasUnsafe(out), `${format}: ${JSON.stringify(out)}`);
        const back = format === 'json' ? JSON.parse(out) : parseYaml(out);
        if (text.isWellFormed() && text !== '__proto__')
          law(JSON.stringify(back) === JSON.stringify(value), `${format} reads as another`);
      }
      return true;
    },
  },
  {
    name: 'text for a log or a status',
    weight: 1.5,
    samples: texts,
    words: [...ansi, '"', '\\', '","level":"error","msg":"forged', '\n{"level":"info"}'],
    run(text) {
      logLine(text);
      const line = oneLine(text, 200);
      law(isPlainText(line) && line.length <= 200 && line.isWellFormed(), JSON.stringify(line));
      for (const each of lastLines(text, 512)) law(isPlainText(each), JSON.stringify(each));
      const safe = safeText(text, 200);
      law(isPlainText(safe) && Buffer.byteLength(safe) <= 200, JSON.stringify(safe));
      const status = toStatus(
        new ExecutorError({
          code: 'NOT_FOUND',
          reason: 'STEP_UNKNOWN',
          message: text,
          metadata: { a: text },
          violations: [{ field: text, message: text }],
        }),
      );
      law(
        isPlainText(status.message) && encodeURI(status.message).length > -1,
        JSON.stringify(status.message),
      );
      return true;
    },
  },
];
