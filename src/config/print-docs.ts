import { readFileSync, writeFileSync } from 'node:fs';
import { withSettingsTable } from './docs.ts';

// The fix for a docs/config.md that is behind the schema.
const page = new URL('../../docs/config.md', import.meta.url);
const renewed = withSettingsTable(readFileSync(page, 'utf8'));
if (renewed === undefined) throw new Error('docs/config.md has lost the marks around its table of settings');
writeFileSync(page, renewed);
