import { writeFileSync } from 'node:fs';
import { root } from './lockfile.ts';
import { dependenciesPage } from './page.ts';

// The fix for a docs/dependencies.md that is behind package-lock.json.
writeFileSync(new URL('docs/dependencies.md', root), dependenciesPage());
