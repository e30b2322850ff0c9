/** Protobuf by hand, for what no library writes. */
export const text = (value: string): Buffer => Buffer.from(value);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** A length-delimited field. */
export const field = (number: number, value: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);

/** A submit whose typed params nest so deep: each level is an object with one member. */
export function deepParams(levels: number): Buffer {
  // From the inside out, as heads before what is there, so that a hundred thousand levels cost no square of it.
  const heads: Buffer[] = [];
  let size = 2;
  const wrap = (number: number, before: Buffer = Buffer.alloc(0)) => {
    const head = Buffer.concat([varint(number * 8 + 2), varint(size + before.length), before]);
    heads.push(head);
    size += head.length;
  };
  const name = field(1, text('a'));
  for (let i = 0; i < levels; i++) {
    // Struct.fields entry {1: "a", 2: Value}, within Value.struct_value.
    wrap(2);
    wrap(1, name);
    if (i < levels - 1) wrap(5);
  }
  const params = Buffer.concat([...heads.reverse(), Buffer.from([0x20, 0x01])]);
  const agent = field(1, Buffer.concat([field(1, text('A')), field(3, text('a:1'))]));
  const invocation = Buffer.concat([
    field(1, field(1, text('i'))),
    field(2, Buffer.concat([agent, field(4, params)])),
  ]);
  const key = Buffer.concat([field(1, text('acme')), field(2, text('r')), field(3, text('s'))]);
  return Buffer.concat([field(1, key), field(2, invocation)]);
}
