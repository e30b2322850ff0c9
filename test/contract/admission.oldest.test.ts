import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { describeAdmission } from './admission/describe-admission.ts';

describe.skipIf(!isAvailable(process.env, '1.30'))('admission policies', () => describeAdmission('1.30'));
