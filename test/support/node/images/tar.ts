/** One member of a tar archive. Owner and times are always 0: the same content makes the same bytes. */
export type Member =
  | { readonly kind: 'file'; readonly path: string; readonly content: Uint8Array; readonly mode?: number }
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'link'; readonly path: string; readonly to: string };

const block = 512;
const types = { file: '0', link: '2', folder: '5' } as const;
const modes = { file: 0o644, link: 0o777, folder: 0o755 } as const;

/** A tar archive in the ustar format, which is what an image's layer and an image's archive are. */
export function tar(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.flatMap(record), Buffer.alloc(2 * block)]);
}

function record(member: Member): readonly Uint8Array[] {
  const content = member.kind === 'file' ? member.content : Buffer.alloc(0);
  return [header(member, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
}

function header(member: Member, size: number): Buffer {
  const bytes = Buffer.alloc(block);
  const put = (text: string, at: number, length: number): void => {
    if (Buffer.byteLength(text) > length) throw new Error(`too long for a tar archive: ${text}`);
    bytes.write(text, at);
  };
  const number = (value: number, at: number, length: number): void =>
    put(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length);
  put(member.path.replace(/^\//, ''), 0, 100);
  number(('mode' in member ? member.mode : undefined) ?? modes[member.kind], 100, 8);
  number(0, 108, 8);
  number(0, 116, 8);
  number(size, 124, 12);
  number(0, 136, 12);
  put(types[member.kind], 156, 1);
  if (member.kind === 'link') put(member.to, 157, 100);
  put('ustar\x0000', 257, 8);
  // The checksum counts its own field as spaces.
  bytes.fill(' ', 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return bytes;
}
