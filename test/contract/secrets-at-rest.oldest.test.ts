import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { describeSecretsAtRest } from './secrets-at-rest/describe-secrets-at-rest.ts';

describe.skipIf(!isAvailable(process.env, '1.30'))('check', () => describeSecretsAtRest('1.30'));
