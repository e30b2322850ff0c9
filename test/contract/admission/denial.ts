import type { ApiResponse } from '../../support/control-plane/api.ts';

/** The words of the policy that has refused it; of every other answer all of it. */
export const denial = ({ status, body }: ApiResponse): string =>
  (status === 403 && /denied request: ([\s\S]*)$/.exec(body.message)?.[1]) ||
  `${status} ${JSON.stringify(body)}`;
