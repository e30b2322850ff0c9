import type { CheckReport } from './checks.ts';

const labels = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** One line per check, or one JSON object; ends with a newline. */
export function renderChecks(report: CheckReport, output: 'text' | 'json'): string {
  if (output === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  const lines = report.checks.map(
    ({ status, what, remedy }) => `${labels[status]} ${what}${remedy === undefined ? '' : ` — ${remedy}`}`,
  );
  const bad = report.checks.filter(({ status }) => status === 'fail').length;
  const verdict = report.ok
    ? 'The executor can use this cluster.'
    : `${bad} of ${lines.length} checks failed.`;
  return `${[...lines, verdict].join('\n')}\n`;
}

/** 0 when the cluster can be used, warnings or not. */
export function checkExitCode(report: CheckReport): 0 | 1 {
  return report.ok ? 0 : 1;
}
