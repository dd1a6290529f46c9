// `[...id].ts` answers below `/api/jobs` only. A page that follows several jobs asks for `/api/jobs?job=a&job=b`.
export { default } from './[...id]';
