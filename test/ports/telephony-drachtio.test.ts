import { rigOf } from '../support/exchange-rig.ts';
import { TelephoneExchange } from '../support/telephone-exchange.ts';
import { keepsTheTelephonyPromises } from './telephony.ts';

keepsTheTelephonyPromises('drachtio', async () => {
  const exchange = await TelephoneExchange.start();
  return rigOf(exchange, await exchange.registeredPhone());
});
