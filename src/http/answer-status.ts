import type { ServerResponse } from 'node:http';
import { Code } from '@connectrpc/connect';
import { codeToHttpStatus, codeToString } from '@connectrpc/connect/protocol-connect';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { answerError } from './answer.ts';

/** A status outside of any RPC, in the form that Connect clients read. */
export function answerStatus(response: ServerResponse, { code, message }: Status): void {
  const known: Code = Code[code] === undefined ? Code.Unknown : code;
  answerError(response, codeToHttpStatus(known), codeToString(known), message);
}
