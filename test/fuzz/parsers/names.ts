import { createToStatus } from '../../../src/rpc/to-status.ts';
import type { ExecutorError } from '../../../src/step/errors.ts';
import { isPlainText, law } from '../target.ts';

const toStatus = createToStatus();

export const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
export const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
export const labelText = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** What a refusal may say, on every way to the caller. */
export function tolerable(error: ExecutorError): void {
  law(error.code === 'INVALID_ARGUMENT', `${error.code} ${error.message}`);
  law(error.violations.length > 0, 'nothing is named');
  const status = toStatus(error);
  law(isPlainText(status.message), `it says ${JSON.stringify(status.message)}`);
  law(Buffer.byteLength(encodeURI(status.message)) <= 8_192, 'it says too much');
}
