import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts a file of bench/load as a process; it ends when it is disconnected, and so with this one. */
export function startProcess(file: string): ChildProcess {
  return fork(fileURLToPath(new URL(`../load/${file}`, import.meta.url)), { serialization: 'advanced' });
}

/** Sends a message and resolves with the `result` of the answer; one question at a time. */
export function ask<T>(child: ChildProcess, message: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('exit', onExit);
      child.off('message', onMessage);
      act();
    };
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`a load process ended with ${code}`)));
    const onMessage = (answer: { readonly result?: T; readonly error?: string }): void =>
      settle(() =>
        answer.error === undefined ? resolve(answer.result as T) : reject(new Error(answer.error)),
      );
    child.on('exit', onExit);
    child.on('message', onMessage);
    child.send(message);
  });
}
