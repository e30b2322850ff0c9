#!/usr/bin/env node
import { enableCompileCache, flushCompileCache } from 'node:module';

// Types are stripped and code is compiled once for each version of the sources, not at each start.
enableCompileCache();
const { main } = await import('./app/main.ts');
// A process that is killed writes nothing at its end.
flushCompileCache();
process.exitCode = await main(process.argv.slice(2));
