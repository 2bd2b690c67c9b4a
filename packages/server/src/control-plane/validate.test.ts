import { GatewayError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { safeName, validate } from './validate.ts';

const schema = z.strictObject({
  name: z.string({ error: 'must be text' }).optional(),
  list: z.array(z.strictObject({})).optional(),
});

function refusal(value: unknown, of: z.ZodType | null = schema): GatewayError {
  try {
    validate(of, value, 'body');
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('validation', () => {
  test('names the field, the problem and nothing else', () => {
    const error = refusal({ name: 7 });
    expect(error).toMatchObject({ code: 'invalid_request', status: 400, message: '`name` must be text.' });
    expect(error.metadata).toEqual({ fields: ['name'] });
  });

  test('names an unknown field, also inside a list', () => {
    expect(refusal({ nmae: 'x' }).message).toBe('`nmae` is not a field of this request.');
    expect(refusal({ list: [{ extra: 1 }] }).message).toBe('`list.0.extra` is not a field of this request.');
  });

  test.each([
    'sk-proj-abcdefgh',
    'lr_live_4fGhJk2mNpQr',
    'AIzaSyA0123',
    'a b',
    'x'.repeat(60),
    'a'.repeat(24),
    'QXZJ01890189',
    '0a1b-2c3d',
  ])('does not repeat %j as a field name: a secret may have been pasted there', (name) => {
    expect(safeName(name)).toBe('A field');
    expect(refusal({ [name]: 'x' }).message).not.toContain(name);
  });

  test('says so when the body is not an object', () => {
    expect(refusal('x').message).toBe('The body must be a JSON object.');
    expect(refusal(undefined).message).toBe('The body must be a JSON object.');
  });

  test('a route without a body refuses one that has fields, and takes an empty one', () => {
    expect(refusal({ name: 'x' }, null).message).toBe('`name` is not a field of this request.');
    expect(validate(null, {}, 'body')).toBeUndefined();
    expect(validate(null, undefined, 'body')).toBeUndefined();
  });

  test('says once what two rules of a field say alike', () => {
    const date = z.strictObject({
      at: z
        .string()
        .refine(() => false, 'must be a date')
        .refine(() => false, 'must be a date'),
    });
    const error = refusal({ at: 'x', other: 1 }, date);
    expect(error.message).toBe('`at` must be a date. `other` is not a field of this request.');
    expect(error.metadata).toEqual({ fields: ['at'] });
  });

  test('shows the first problems of many', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`field_${index}`, 1]));
    expect(refusal(many).message.split('. ')).toHaveLength(5);
  });
});
