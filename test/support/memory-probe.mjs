// Loaded before an executor whose memory a test wants to know: it answers each message with what is in use after a full collection.
process.on('message', () => {
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send({ heapUsed, external, arrayBuffers });
});
// The channel to the test must not keep the executor alive.
process.channel?.unref();
