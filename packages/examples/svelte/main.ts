import { mount } from 'svelte';
import App from './App.svelte';

const target = document.querySelector('#app');
if (target === null) throw new Error('The page has no #app.');
const ids = new URLSearchParams(location.search).getAll('job');
mount(App, { target, props: { ids } });
