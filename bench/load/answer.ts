/** The child's side of ask(): answers one message after the other, and ends with its parent. */
export function answer<M>(handle: (message: M) => Promise<unknown>): void {
  process.on('message', (message: M) => {
    handle(message).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
