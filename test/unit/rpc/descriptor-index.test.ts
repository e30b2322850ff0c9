import { create, createFileRegistry } from '@bufbuild/protobuf';
import {
  FieldDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { createDescriptorIndex, withDependencies } from '../../../src/rpc/descriptor-index.ts';

const extension = (name: string, number: number) =>
  create(FieldDescriptorProtoSchema, {
    name,
    number,
    extendee: '.base.Open',
    label: Label.OPTIONAL,
    type: Type.STRING,
  });

/** base.proto ← ext.proto ← api.proto: a message open for extensions, two extensions (one nested), a service; ext is proto2. */
function files() {
  const empty = { name: 'Empty' };
  return createFileRegistry(
    create(FileDescriptorSetSchema, {
      file: [
        {
          name: 'base.proto',
          package: 'base',
          syntax: 'proto2',
          messageType: [{ name: 'Open', extensionRange: [{ start: 100, end: 200 }] }, { name: 'Closed' }],
        },
        {
          name: 'ext.proto',
          package: 'ext',
          syntax: 'proto2',
          dependency: ['base.proto'],
          extension: [extension('top', 100)],
          messageType: [
            {
              name: 'Holder',
              extension: [extension('nested', 101)],
              enumType: [{ name: 'E', value: [{ name: 'V', number: 0 }] }],
            },
          ],
        },
        {
          name: 'api.proto',
          syntax: 'proto3',
          dependency: ['base.proto', 'ext.proto'],
          messageType: [empty],
          service: [{ name: 'Api', method: [{ name: 'Do', inputType: '.Empty', outputType: '.Empty' }] }],
        },
      ],
    }),
  );
}

function index() {
  const service = files().getService('Api');
  if (service === undefined) throw new Error('no service');
  return createDescriptorIndex([service]);
}

test('a file comes before what it imports, and each file once', () => {
  const file = files().getFile('api.proto');
  expect(withDependencies(file!).map((each) => each.proto.name)).toEqual([
    'api.proto',
    'base.proto',
    'ext.proto',
  ]);
});

test.for([
  ['Api', 'api.proto'],
  ['Api.Do', 'api.proto'],
  ['Empty', 'api.proto'],
  ['base.Open', 'base.proto'],
  ['ext.top', 'ext.proto'],
  ['ext.Holder.nested', 'ext.proto'],
  ['ext.Holder.E', 'ext.proto'],
  ['ext.Holder.V', 'ext.proto'],
  ['ext.Holder.E.V', undefined],
  ['base', undefined],
  ['', undefined],
] as const)('the symbol %s is in %s', ([symbol, file]) => {
  expect(index().fileOfSymbol(symbol)?.proto.name).toBe(file);
});

test('extensions are found by what they extend and their number', () => {
  expect(index().fileOfExtension('base.Open', 100)?.proto.name).toBe('ext.proto');
  expect(index().fileOfExtension('base.Open', 101)?.proto.name).toBe('ext.proto');
  expect(index().fileOfExtension('base.Open', 102)).toBeUndefined();
  expect(index().fileOfExtension('base.Closed', 100)).toBeUndefined();
});

test('the numbers of a message without extensions are an empty list, and those of no message are none', () => {
  expect(index().extensionNumbers('base.Open')).toEqual([101, 100]);
  expect(index().extensionNumbers('base.Closed')).toEqual([]);
  expect(index().extensionNumbers('base.Nothing')).toBeUndefined();
});
