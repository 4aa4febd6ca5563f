// Refusals: application/problem+json (RFC 9457).
import { type APIResponse, expect } from '@playwright/test';
import type { Answer } from './ask';

export interface Problem {
  status: number;
  type: string;
  title?: string | RegExp;
  language?: 'en' | 'es' | 'es-AR';
}

type Refusal = { status: number; headers: Record<string, string | string[] | undefined>; json: any };

/** Checks the shape of a refusal and returns its body. */
export async function refused(answer: APIResponse | Answer, expected: Problem): Promise<any> {
  const { status, headers, json } = await refusal(answer);
  expect(status).toBe(expected.status);
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['content-language']).toBe(expected.language ?? 'en');
  expect(headers['cache-control']).toBe('no-store');
  expect(json).toMatchObject({
    type: expected.type,
    title: expected.title === undefined ? expect.any(String) : expect.stringMatching(expected.title),
    status: expected.status,
    instance: `urn:campotech:request:${headers['x-request-id']}`,
  });
  return json;
}

async function refusal(answer: APIResponse | Answer): Promise<Refusal> {
  if (typeof answer.status === 'number') return answer as Answer;
  const response = answer as APIResponse;
  return { status: response.status(), headers: response.headers(), json: await response.json() };
}
