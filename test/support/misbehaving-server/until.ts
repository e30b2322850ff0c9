/** Waits for a condition, and says what was missing when it does not come in time. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  boundMs = 5_000,
): Promise<Exclude<T, false | undefined | null | 0>> {
  const end = Date.now() + boundMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | undefined | null | 0>;
    if (Date.now() > end) throw new Error(`waited ${boundMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
