import { createApp } from 'vue';
import App from './App.vue';

const ids = new URLSearchParams(location.search).getAll('job');
createApp(App, { ids }).mount('#app');
