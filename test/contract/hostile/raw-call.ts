import type { DescMethod } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { RpcError } from '../../../src/cli/rpc-error.ts';
import { type Address, formatAddress } from '../../../src/config/address.ts';

/** Sends bytes as the request of a call, and resolves with the bytes of the first answer. */
export async function callRaw(address: Address, method: DescMethod, bytes: Buffer): Promise<Buffer> {
  const client = new Client(formatAddress(address), credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
    'grpc.max_send_message_length': -1,
  });
  const path = `/${method.parent.typeName}/${method.name}`;
  const same = (value: Buffer) => value;
  const deadline = { deadline: Date.now() + 60_000 };
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const fail = (error: unknown) => reject(RpcError.from(error));
      if (method.methodKind === 'unary') {
        client.makeUnaryRequest(path, same, same, bytes, deadline, (error, answer) =>
          error === null && answer !== undefined ? resolve(answer) : fail(error),
        );
      } else {
        const stream = client.makeServerStreamRequest(path, same, same, bytes, deadline);
        stream.once('data', resolve).once('error', fail);
      }
    });
  } finally {
    client.close();
  }
}
