// WhatsApp's callbacks, signed as Meta signs them.

import crypto from 'k6/crypto';
import { settings } from './settings.js';
import { ask } from './http.js';

/** Meta's own servers: one network for all customers, with a quota of its own. */
const META = 0xfe0000;

function payload(id, sender, voice) {
  const message = { from: sender.slice(1), id, timestamp: String(Math.floor(Date.now() / 1000)) };
  const content = voice
    ? { type: 'audio', audio: { id: `media-${id}`, mime_type: 'audio/ogg; codecs=opus', voice: true } }
    : { type: 'text', text: { body: 'Hola, ¿pueden venir mañana?' } };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '5491100000000', phone_number_id: '106540352242922' },
    contacts: [{ profile: { name: 'Cliente' }, wa_id: message.from }],
    messages: [{ ...message, ...content }],
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', changes: [{ field: 'messages', value }] }],
  });
}

/** A customer writes or speaks. */
export function callBack(number, run, sender, voice) {
  const body = payload(`wamid.${run}.${number}`, sender, voice);
  const signature = crypto.hmac('sha256', settings.webhookSecret, body, 'hex');
  // Meta calls from many machines; a /24 of them is enough here.
  const user = META + (number % 256);
  return ask('whatsapp', 'POST', '/webhooks/whatsapp', {
    user,
    body,
    headers: { 'x-hub-signature-256': `sha256=${signature}` },
    expected: 200,
  });
}
