#!/usr/bin/env node
import { enableCompileCache, flushCompileCache } from 'node:module';

// As in ../main.ts: started many times a day, by people who wait.
enableCompileCache();
const { main } = await import('./process.ts');
flushCompileCache();
process.exitCode = await main(process.argv.slice(2));
