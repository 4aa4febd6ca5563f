// A screen that is open for a while: the WebSocket of job events.

import ws from 'k6/ws';
import { check, sleep } from 'k6';
import { Counter, Rate } from 'k6/metrics';
import { settings } from './settings.js';
import { address } from './http.js';

/** Screens that were opened and stayed open until they were closed here. */
const sessions = new Rate('websocket_sessions');
const events = new Counter('websocket_events');

const GOING_AWAY = 1001;

function open(user, token, use) {
  const url = `${settings.base.replace(/^http/, 'ws')}/api/v1/events`;
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': address(user) };
  return ws.connect(url, { headers, tags: { ep: 'events', name: 'events' } }, use);
}

/** Watches until the server says goodbye; it has to say it. */
export function stay(user, token) {
  let goodbye;
  const answer = open(user, token, (socket) => {
    socket.on('message', () => events.add(1));
    socket.on('close', (code) => { goodbye = code; });
  });
  const good = check(answer, {
    'a screen opens': ({ status }) => status === 101,
    'a screen is told that the server goes away': () => goodbye === GOING_AWAY,
  });
  if (!good) {
    console.error(`screen: ${answer.status}, closed with ${goodbye}`);
    sleep(0.5);
  }
}

/** Watches for `time` milliseconds. */
export function watch(user, token, time) {
  let closedHere = false;
  const answer = open(user, token, (socket) => {
    socket.on('message', () => events.add(1));
    socket.setTimeout(() => {
      closedHere = true;
      socket.close();
    }, time);
  });
  if (answer.status !== 429) sessions.add(answer.status === 101 && closedHere);
}
