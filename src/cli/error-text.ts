import { type Address, formatAddress } from '../config/address.ts';
import { printable } from './printable.ts';
import { isRefused, type RpcError } from './rpc-error.ts';

/** Lines for a person about a call that failed: what, why, and what to do next. All safe to print. */
export function errorLines(error: RpcError, server: Address): readonly string[] {
  const where = formatAddress(server);
  if (isRefused(error)) {
    return [`no executor answers at ${where}: is it running? Start one with: npm run serve`];
  }
  const title = error.reason === '' ? error.code : `${error.code} (${error.reason})`;
  if (error.violations.length > 0) {
    const lines = error.violations.map(({ field, description }) => `  ${field}: ${description}`);
    return [`the executor refuses the request, ${title}:`, ...lines].map(printable);
  }
  return [printable(`${title}: ${error.message}`), ...hintOf(error)];
}

function hintOf({ code, reason }: RpcError): readonly string[] {
  if (reason === 'STEP_UNKNOWN') return ['"glip list" shows the steps that are known.'];
  if (reason === 'STEP_SPEC_MISMATCH') return ['Another step has this key; give a new attempt or a new run.'];
  if (reason === 'STEP_NOT_FINISHED') return ['"glip watch" follows it to its end.'];
  if (reason === 'CREDENTIALS_MISSING')
    return ['Show a certificate (--cert, --key) or a token (--token-file).'];
  if (code === 'DEADLINE_EXCEEDED')
    return ['The call took longer than --timeout; it may be repeated safely.'];
  if (code === 'UNIMPLEMENTED') return ['The executor is older than this client.'];
  return [];
}
