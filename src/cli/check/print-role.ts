import { writeFileSync } from 'node:fs';
import { rightsYaml } from './role.ts';

// The fix for a deploy/rbac.yaml that is behind permissions.ts.
writeFileSync(new URL('../../../deploy/rbac.yaml', import.meta.url), rightsYaml());
