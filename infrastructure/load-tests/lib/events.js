// A screen that is open for a while: the WebSocket of job events.

import ws from 'k6/ws';
import { Counter, Rate } from 'k6/metrics';
import { settings } from './settings.js';
import { address } from './http.js';

/** Screens that were opened and stayed open until they were closed here. */
const sessions = new Rate('websocket_sessions');
const events = new Counter('websocket_events');

/** Watches for `time` milliseconds. */
export function watch(user, token, time) {
  const url = `${settings.base.replace(/^http/, 'ws')}/api/v1/events`;
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': address(user) };
  let closedHere = false;
  const answer = ws.connect(url, { headers, tags: { ep: 'events', name: 'events' } }, (socket) => {
    socket.on('message', () => events.add(1));
    socket.setTimeout(() => {
      closedHere = true;
      socket.close();
    }, time);
  });
  if (answer.status !== 429) sessions.add(answer.status === 101 && closedHere);
}
