import { describe, expect, it } from 'vitest';
import { matchRoute, normalizeBase } from './route.js';

describe('matchRoute', () => {
  it.each([
    // base, target, handed on, collection, id
    ['/jobs', '/jobs', undefined, '/jobs', undefined],
    ['/jobs', '/jobs/', undefined, '/jobs', undefined],
    ['/jobs', '/jobs/a%2Fb?x=1', undefined, '/jobs', 'a/b'],
    ['/jobs', 'http://app.example/jobs/a', undefined, '/jobs', 'a'],
    ['', '/a', undefined, '', 'a'],
    ['', '/?job=a', undefined, '', undefined],
    // mounted at /api, at /jobs, at /api/jobs
    ['/jobs', '/api/jobs/a', '/jobs/a', '/api/jobs', 'a'],
    ['/jobs', '/api/jobs?job=a', '/jobs?job=a', '/api/jobs', undefined],
    ['/jobs', '/jobs/a', '/a', '/jobs', 'a'],
    ['/jobs', '/jobs?job=a', '/?job=a', '/jobs', undefined],
    ['/jobs', '/api/jobs/a', '/a', '/api/jobs', 'a'],
    ['/jobs', '/api/jobs?job=a', '/?job=a', '/api/jobs', undefined],
    ['/api/jobs', '/api/jobs/a', '/jobs/a', '/api/jobs', 'a'],
    ['', '/api/a', '/a', '/api', 'a'],
    ['/jobs', '/jobs/jobs', '/jobs', '/jobs', 'jobs'],
  ])('%s %s (%s)', (base, target, handedOn, collection, id) => {
    expect(matchRoute(base, target, handedOn)).toMatchObject({ base: collection, id });
  });

  it.each([
    ['/jobs', '/api/jobs/a'],
    ['/jobs', '//jobs/a'],
    ['/jobs', '/jobs/a/b'],
    ['/jobs', '*'],
    ['/jobs', '/'],
  ])('%s does not reach %s', (base, target) => {
    expect(matchRoute(base, target)).toBeUndefined();
  });

  it('leaves the query as it was sent', () => {
    expect(matchRoute('/jobs', '/jobs?job=a%20b&job=c#x')?.query).toBe('job=a%20b&job=c');
  });

  it.each([['/jobs'], ['jobs/'], ['//jobs//']])('takes %s for /jobs', (path) => {
    expect(normalizeBase(path)).toBe('/jobs');
  });
});
