import { describeEngineOn } from './describe-engine-on.js';
import { testRedis } from './redis.js';

describeEngineOn('the engine on Redis', testRedis());
