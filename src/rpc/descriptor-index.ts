import type { DescFile, DescService } from '@bufbuild/protobuf';
import type { DescriptorProto, EnumDescriptorProto, FieldDescriptorProto } from '@bufbuild/protobuf/wkt';

/** What reflection answers from: every file that the services need, by name, symbol and extension. */
export interface DescriptorIndex {
  readonly services: readonly string[];
  file(name: string): DescFile | undefined;
  fileOfSymbol(name: string): DescFile | undefined;
  fileOfExtension(extendee: string, number: number): DescFile | undefined;
  /** Undefined when there is no such message. */
  extensionNumbers(extendee: string): readonly number[] | undefined;
}

/** Indexes the files of the services, more files if given, and all that they import. */
export function createDescriptorIndex(
  services: readonly DescService[],
  more: readonly DescFile[] = [],
): DescriptorIndex {
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  const collect: Collector = {
    symbol: (name, file) => symbols.set(name, file),
    message: (name) => extensions.set(name, extensions.get(name) ?? new Map()),
    extension: (extendee, number, file) => {
      const known = extensions.get(extendee) ?? new Map<number, DescFile>();
      extensions.set(extendee, known.set(number, file));
    },
  };
  const roots = [...services.map((service) => service.file), ...more];
  for (const file of new Set(roots.flatMap(withDependencies))) {
    // Not file.name, which protobuf-es shows without its suffix.
    files.set(file.proto.name, file);
    walkFile(file, collect);
  }
  return {
    services: services.map((service) => service.typeName).sort(),
    file: (name) => files.get(name),
    fileOfSymbol: (name) => symbols.get(name),
    fileOfExtension: (extendee, number) => extensions.get(extendee)?.get(number),
    extensionNumbers: (extendee) => {
      const known = extensions.get(extendee);
      return known === undefined ? undefined : [...known.keys()];
    },
  };
}

/** The file, then what it imports, each once: the order of the reference servers, whose older clients take the first file as the answer. */
export function withDependencies(file: DescFile): DescFile[] {
  const seen = new Set([file]);
  for (const next of seen) for (const dependency of next.dependencies) seen.add(dependency);
  return [...seen];
}

interface Collector {
  symbol(name: string, file: DescFile): void;
  message(name: string): void;
  extension(extendee: string, number: number, file: DescFile): void;
}

/** Walks the descriptors as protoc wrote them: protobuf-es hides the entries of maps. */
function walkFile(file: DescFile, collect: Collector): void {
  const { proto } = file;
  const name = (local: string, scope = proto.package): string => (scope === '' ? local : `${scope}.${local}`);

  const walkEnum = (declared: EnumDescriptorProto, scope: string): void => {
    collect.symbol(name(declared.name, scope), file);
    // Values are siblings of their enum, as in C++.
    for (const value of declared.value) collect.symbol(name(value.name, scope), file);
  };
  const walkExtension = (declared: FieldDescriptorProto, scope: string): void => {
    collect.symbol(name(declared.name, scope), file);
    collect.extension(declared.extendee.replace(/^\./, ''), declared.number, file);
  };
  const walkMessage = (declared: DescriptorProto, scope: string): void => {
    const inner = name(declared.name, scope);
    collect.symbol(inner, file);
    collect.message(inner);
    for (const member of [...declared.field, ...declared.oneofDecl])
      collect.symbol(name(member.name, inner), file);
    for (const nested of declared.nestedType) walkMessage(nested, inner);
    for (const nested of declared.enumType) walkEnum(nested, inner);
    for (const nested of declared.extension) walkExtension(nested, inner);
  };

  for (const declared of proto.messageType) walkMessage(declared, proto.package);
  for (const declared of proto.enumType) walkEnum(declared, proto.package);
  for (const declared of proto.extension) walkExtension(declared, proto.package);
  for (const service of proto.service) {
    collect.symbol(name(service.name), file);
    for (const method of service.method) collect.symbol(name(method.name, name(service.name)), file);
  }
}
