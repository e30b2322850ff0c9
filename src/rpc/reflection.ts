import {
  create,
  type DescFile,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { file_google_rpc_error_details } from '../../gen/google/rpc/error_details_pb.js';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../gen/grpc/reflection/v1/reflection_pb.js';
import {
  ServerReflectionRequestSchema as AlphaRequestSchema,
  ServerReflectionResponseSchema as AlphaResponseSchema,
  ServerReflection as ServerReflectionAlpha,
} from '../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { createDescriptorIndex, type DescriptorIndex, withDependencies } from './descriptor-index.ts';
import { type RpcService, rpcService } from './service.ts';
import { safeText } from './status-text.ts';

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/** Reflection v1 and v1alpha over the services given and over reflection itself, complete enough that grpcurl needs no proto file. */
export function reflectionServices(described: readonly DescService[]): RpcService[] {
  const services = [...described, ServerReflection, ServerReflectionAlpha];
  // No method names them, and clients want to show the details of errors in clear.
  const index = createDescriptorIndex(services, [file_google_rpc_error_details]);
  return [
    rpcService(ServerReflection, {
      serverReflectionInfo: async function* (requests) {
        for await (const request of requests) yield respond(index, request);
      },
    }),
    // The two versions have the same bytes.
    rpcService(ServerReflectionAlpha, {
      serverReflectionInfo: async function* (requests) {
        for await (const alpha of requests) {
          const request = fromBinary(ServerReflectionRequestSchema, toBinary(AlphaRequestSchema, alpha));
          const response = toBinary(ServerReflectionResponseSchema, respond(index, request));
          yield fromBinary(AlphaResponseSchema, response);
        }
      },
    }),
  ];
}

function respond(index: DescriptorIndex, request: ServerReflectionRequest): ServerReflectionResponse {
  return create(ServerReflectionResponseSchema, {
    validHost: request.host,
    originalRequest: request,
    messageResponse: answer(index, request.messageRequest),
  });
}

function answer(index: DescriptorIndex, ask: ServerReflectionRequest['messageRequest']): Answer {
  switch (ask.case) {
    case 'listServices': {
      const service = index.services.map((name) => ({ name }));
      return { case: 'listServicesResponse', value: { service } };
    }
    case 'fileByFilename':
      return files(index.file(ask.value), `file "${ask.value}"`);
    case 'fileContainingSymbol':
      // Some clients write absolute names, with a leading dot.
      return files(index.fileOfSymbol(ask.value.replace(/^\./, '')), `symbol "${ask.value}"`);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = ask.value;
      const file = index.fileOfExtension(containingType, extensionNumber);
      return files(file, `extension ${extensionNumber} of "${containingType}"`);
    }
    case 'allExtensionNumbersOfType': {
      const extensionNumber = index.extensionNumbers(ask.value);
      if (extensionNumber === undefined) return notFound(`message "${ask.value}"`);
      const value = { baseTypeName: ask.value, extensionNumber: [...extensionNumber] };
      return { case: 'allExtensionNumbersResponse', value };
    }
    case undefined:
      return error(status.INVALID_ARGUMENT, 'the request asks for nothing');
  }
}

function files(file: DescFile | undefined, what: string): Answer {
  if (file === undefined) return notFound(what);
  const fileDescriptorProto = withDependencies(file).map((each) =>
    toBinary(FileDescriptorProtoSchema, each.proto),
  );
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function notFound(what: string): Answer {
  // The name comes from the caller and may be megabytes.
  return error(status.NOT_FOUND, safeText(`not here: ${what}`, 512));
}

function error(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
