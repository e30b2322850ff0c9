import { create, createFileRegistry, type DescMethod, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Metadata } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../../gen/grpc/reflection/v1/reflection_pb.js';
import { until } from './client.ts';
import { type Started, startServer } from './harness.ts';

type Ask = ServerReflectionRequest['messageRequest'];

/** One stream with all the questions; the two versions have the same bytes. */
async function ask(
  { client }: Started,
  version: string,
  ...asks: Ask[]
): Promise<ServerReflectionResponse[]> {
  const stream = client.raw.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (request: ServerReflectionRequest) => Buffer.from(toBinary(ServerReflectionRequestSchema, request)),
    (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
    new Metadata(),
  );
  for (const messageRequest of asks)
    stream.write(create(ServerReflectionRequestSchema, { host: 'h', messageRequest }));
  stream.end();
  const answers: ServerReflectionResponse[] = [];
  for await (const answer of stream as AsyncIterable<ServerReflectionResponse>) answers.push(answer);
  return answers;
}

function filesOf(answer: ServerReflectionResponse | undefined) {
  if (answer?.messageResponse.case !== 'fileDescriptorResponse')
    throw new Error(`got ${answer?.messageResponse.case}`);
  return answer.messageResponse.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}

const symbol = (value: string): Ask => ({ case: 'fileContainingSymbol', value });

for (const version of ['v1', 'v1alpha']) {
  test(`${version}: lists exactly what is described, and itself`, async () => {
    const [answer] = await ask(await startServer({}), version, { case: 'listServices', value: '*' });
    expect(answer).toMatchObject({
      validHost: 'h',
      originalRequest: { messageRequest: { case: 'listServices' } },
    });
    expect(answer?.messageResponse).toMatchObject({
      case: 'listServicesResponse',
      value: {
        service: [
          { name: 'glip.executor.v1.ExecutorService' },
          { name: 'grpc.reflection.v1.ServerReflection' },
          { name: 'grpc.reflection.v1alpha.ServerReflection' },
        ],
      },
    });
  });

  test(`${version}: the file of a service comes first, and all that it needs after it`, async () => {
    const [answer] = await ask(await startServer({}), version, symbol('glip.executor.v1.ExecutorService'));
    const files = filesOf(answer);
    expect(files[0]?.name).toBe('glip/executor/v1/executor_service.proto');
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: sorted(files) }));
    const service = registry.getService('glip.executor.v1.ExecutorService');
    expect(service?.methods.map((method: DescMethod) => method.name)).toEqual(
      ExecutorService.methods.map((method) => method.name),
    );
    expect(registry.getMessage('google.protobuf.Timestamp')).toBeDefined();
  });
}

/** Dependencies first, as registries want them. */
function sorted(files: ReturnType<typeof filesOf>): ReturnType<typeof filesOf> {
  const done = new Map<string, (typeof files)[number]>();
  const visit = (file: (typeof files)[number]): void => {
    for (const name of file.dependency) {
      const dependency = files.find((each) => each.name === name);
      if (dependency && !done.has(name)) visit(dependency);
    }
    done.set(file.name, file);
  };
  for (const file of files) visit(file);
  return [...done.values()];
}

test.for([
  ['a message', 'glip.executor.v1.Step', 'glip/executor/v1/step.proto'],
  ['with a leading dot', '.glip.executor.v1.Step', 'glip/executor/v1/step.proto'],
  [
    'a nested message: the entry of a map',
    'glip.executor.v1.Step.LabelsEntry',
    'glip/executor/v1/step.proto',
  ],
  ['a method', 'glip.executor.v1.ExecutorService.WatchStep', 'glip/executor/v1/executor_service.proto'],
  ['a field', 'glip.executor.v1.WatchStepResponse.cursor', 'glip/executor/v1/executor_service.proto'],
  ['a oneof', 'glip.executor.v1.WatchStepResponse.frame', 'glip/executor/v1/executor_service.proto'],
  ['an enum', 'glip.executor.v1.StepState', 'glip/executor/v1/step.proto'],
  ['a value of an enum', 'glip.executor.v1.STEP_STATE_RUNNING', 'glip/executor/v1/step.proto'],
  ['a type that is imported', 'google.protobuf.Duration', 'google/protobuf/duration.proto'],
] as const)('finds %s', async ([, name, file]) => {
  const [answer] = await ask(await startServer({}), 'v1', symbol(name));
  expect(filesOf(answer)[0]?.name).toBe(file);
});

test('finds files by name, and answers many questions on one stream', async () => {
  const answers = await ask(
    await startServer({}),
    'v1',
    { case: 'fileByFilename', value: 'glip/executor/v1/step.proto' },
    { case: 'fileByFilename', value: 'google/protobuf/timestamp.proto' },
    { case: 'allExtensionNumbersOfType', value: 'glip.executor.v1.Step' },
  );
  expect(filesOf(answers[0])[0]?.name).toBe('glip/executor/v1/step.proto');
  expect(filesOf(answers[1])).toHaveLength(1);
  expect(answers[2]?.messageResponse).toMatchObject({
    case: 'allExtensionNumbersResponse',
    value: { baseTypeName: 'glip.executor.v1.Step', extensionNumber: [] },
  });
});

test.for([
  ['a symbol', symbol('glip.executor.v1.Nothing'), 5],
  ['a service that is served but not described', symbol('grpc.health.v1.Health'), 5],
  ['a file', { case: 'fileByFilename', value: '../../etc/passwd' }, 5],
  [
    'an extension',
    {
      case: 'fileContainingExtension',
      value: { containingType: 'glip.executor.v1.Step', extensionNumber: 9 },
    },
    5,
  ],
  ['the extensions of nothing', { case: 'allExtensionNumbersOfType', value: 'no.Such' }, 5],
  ['nothing', { case: undefined }, 3],
] as const)(
  '%s that is not there is an error in the answer, and the stream goes on',
  async ([, question, errorCode]) => {
    const [answer, next] = await ask(
      await startServer({}),
      'v1',
      question as Ask,
      symbol('glip.executor.v1.Step'),
    );
    expect(answer?.messageResponse).toMatchObject({ case: 'errorResponse', value: { errorCode } });
    expect(filesOf(next)).not.toHaveLength(0);
  },
);

test('a stream that is left open does not hold up a stop', async () => {
  const { client, server } = await startServer({});
  const stream = client.raw.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    new Metadata(),
  );
  let code: number | undefined;
  stream.on('error', (error: Error & { code?: number }) => {
    code = error.code;
  });
  stream.write(Buffer.alloc(0));
  stream.resume();
  await until('it is open', () => server.openCalls === 1);
  await server.stop(60_000);
  await until('the client is told', () => code !== undefined);
  expect(code).toBe(14);
});
