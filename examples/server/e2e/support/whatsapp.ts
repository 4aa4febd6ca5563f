// Messages as Meta delivers them: signed over the raw bytes.
import { createHmac } from 'node:crypto';
import type { Answer } from './ask';
import type { Server } from './server';

const PATH = '/webhooks/whatsapp';

export const textMessage = (id: string, from: string, body: string) => delivery({ id, from, type: 'text', text: { body } });

export const voiceMessage = (id: string, from: string, media: string) =>
  delivery({ id, from, type: 'audio', audio: { id: media, mime_type: 'audio/ogg; codecs=opus', voice: true } });

function delivery(message: object): string {
  const messages = [{ timestamp: '1767323045', ...message }];
  const value = { messaging_product: 'whatsapp', messages };
  const entry = [{ id: '1', changes: [{ field: 'messages', value }] }];
  return JSON.stringify({ object: 'whatsapp_business_account', entry });
}

export function sign(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Delivers a body with this signature, or with the right one. */
export async function deliver(server: Server, body: string, signature?: string): Promise<Answer> {
  const secret = await server.secret('CAMPOTECH_WHATSAPP_APP_SECRET');
  const headers = { 'x-hub-signature-256': signature ?? sign(secret, body) };
  return server.ask(PATH, { method: 'POST', from: 60, headers, body });
}

export function handshake(server: Server, query: Record<string, string>): Promise<Answer> {
  return server.ask(`${PATH}?${new URLSearchParams(query)}`, { from: 60 });
}
