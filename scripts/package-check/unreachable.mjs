import assert from 'node:assert/strict';

/** A Redis that is not there: to be told so takes everything that talking to one does. */
export const nowhere = { url: 'redis://127.0.0.1:1', connectTimeoutMs: 500 };

/** That it fails with the one line that says where nobody answers. */
export async function assertUnreachable(promise) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, 'BACKEND_UNAVAILABLE');
    assert.match(error.message, /^Redis at 127\.0\.0\.1:1: cannot be used: /);
    return true;
  });
}
