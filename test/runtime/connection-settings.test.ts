import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';

describe('ALLOWED_ORIGINS', () => {
  it.each([
    ['https://watch.example.com', ['https://watch.example.com']],
    ['https://a.example,http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
    ['null', ['null']],
  ])('may be %s', (given, expected) => {
    expect(readConfig({ ALLOWED_ORIGINS: given }).ALLOWED_ORIGINS).toEqual(expected);
  });

  it.each([
    '*',
    'watch.example.com',
    'https://a.example/',
    'https://A.example',
    'https://a.example:443',
    'https://a.example, https://b.example',
    'https://*.example.com',
    '',
  ])('may not be %j, which no browser sends', (given) => {
    expect(() => readConfig({ ALLOWED_ORIGINS: given })).toThrow(
      /ALLOWED_ORIGINS: origins such as/,
    );
  });
});
