import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingsHelp, settingsTable, withSettingsTable } from '../../../src/config/docs.ts';
import { schema } from '../../../src/config/schema.ts';
import { namedSettings } from '../../../src/config/setting.ts';

const page = readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8');

test('docs/config.md is as the schema is; fix: node src/config/print-docs.ts', () => {
  expect(page).toBe(withSettingsTable(page));
  expect(page).toContain(settingsTable());
});

test('a page without the marks is not touched', () => {
  expect(withSettingsTable('# Nothing here')).toBeUndefined();
});

test('every setting has a sentence, a default that is valid, and names of its own', () => {
  const settings = namedSettings(schema);
  for (const { setting, path } of settings) {
    expect(setting.description, path).toMatch(/^[A-Z].*\.$/);
    if (setting.default !== undefined)
      expect(setting.kind.parse(setting.default), path).toMatchObject({ ok: true });
  }
  for (const name of ['flag', 'env', 'path'] as const) {
    const names = settings.flatMap((one) => one[name] ?? []);
    expect(new Set(names).size).toBe(names.length);
  }
});

test('the help names every flag and fits 80 columns', () => {
  const help = settingsHelp();
  for (const { flag, env } of namedSettings(schema)) {
    if (flag !== undefined) expect(help).toContain(`  ${flag} `);
    if (env !== undefined) expect(help).toContain(`[$${env}]`);
  }
  expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
