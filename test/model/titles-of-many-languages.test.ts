import { describe, expect, it } from '@jest/globals';
import { deviceKindOf } from '../../model/netflix-devices.ts';
import { Shows } from '../../model/netflix-shows.ts';

/** A title as the export of that language writes it, and the series that it is an episode of. */
const episodes: [language: string, title: string, series: string][] = [
  ['English', 'Harbour: Season 1: Fog (Episode 1)', 'harbour'],
  ['English, limited', 'Harbour: Limited Series: Fog', 'harbour'],
  ['English, parts', 'Harbour: Part 2: Fog', 'harbour'],
  ['English, volumes', 'Harbour: Volume 1: Fog', 'harbour'],
  ['English, books', 'Harbour: The Last Lamp: Book 1: Fog', 'harbour: the last lamp'],
  ['English, collections', 'Harbour: Collection 2: Fog', 'harbour'],
  ['English, British', 'Harbour: Series 4: Fog', 'harbour'],
  ['English, in words', 'Harbour: Season One: Fog', 'harbour'],
  ['English, the last', 'Harbour: The Final Season: Fog', 'harbour'],
  ['English, a named season', 'Harbour: Harbour 4: Chapter Nine: Fog (Episode 9)', 'harbour'],
  ['English, no season', 'Harbour: Episode 3', 'harbour'],
  ['English, a dash', 'Harbour - Season 3: Fog', 'harbour'],
  ['English, a numbered colon', '3:10: Season 1: Fog', '3:10'],
  ['Spanish', 'Puerto: Temporada 3: Niebla (Episodio 4)', 'puerto'],
  ['Spanish, limited', 'Puerto: Serie limitada: Niebla', 'puerto'],
  ['Spanish, miniseries', 'Puerto: Miniserie: Niebla', 'puerto'],
  ['Portuguese', 'Porto: Temporada 2: Névoa (Episódio 5)', 'porto'],
  ['Portuguese, parts', 'Porto: Parte 1: Névoa', 'porto'],
  ['French', 'Phare : Saison 6 : Brume (Épisode 20)', 'phare'],
  ['French, no-break spaces', 'Phare\u00a0: Saison\u00a01\u00a0: Brume', 'phare'],
  ['French, parts', 'Phare : Partie 2 : Brume', 'phare'],
  ['French, limited', 'Phare : Mini-série : Brume', 'phare'],
  ['German', 'Hafen: Staffel 2: Nebel (Folge 3)', 'hafen'],
  ['German, parts', 'Hafen: Teil 1: Nebel', 'hafen'],
  ['German, episodes alone', 'Hafen: Folge 3', 'hafen'],
  ['Italian', 'Porto: Stagione 1: Nebbia (Episodio 2)', 'porto'],
  ['Dutch', 'Haven: Seizoen 4: Mist (Aflevering 2)', 'haven'],
  ['Swedish', 'Hamn: Säsong 1: Dimma (Avsnitt 2)', 'hamn'],
  ['Danish', 'Havn: Sæson 1: Tåge (Afsnit 2)', 'havn'],
  ['Norwegian', 'Havn: Sesong 2: Tåke (Episode 2)', 'havn'],
  ['Finnish', 'Satama: Kausi 3: Sumu (Jakso 2)', 'satama'],
  ['Polish', 'Port: Sezon 2: Mgła (Odcinek 2)', 'port'],
  ['Turkish', 'Liman: 1. Sezon: Sis (1. Bölüm)', 'liman'],
  ['Romanian', 'Port: Sezonul 2: Ceață (Episodul 2)', 'port'],
  ['Czech', 'Přístav: 2. řada: Mlha (2. díl)', 'přístav'],
  ['Slovak', 'Prístav: 1. séria: Hmla (2. časť)', 'prístav'],
  ['Hungarian', 'Kikötő: 1. évad: Köd (2. rész)', 'kikötő'],
  ['Croatian', 'Luka: Sezona 1: Magla (Epizoda 2)', 'luka'],
  ['Russian', 'Порт: Сезон 1: Туман (Серия 2)', 'порт'],
  ['Ukrainian', 'Порт: Сезон 1: Туман (Серія 2)', 'порт'],
  ['Greek', 'Λιμάνι: Κύκλος 1: Ομίχλη (Επεισόδιο 2)', 'λιμάνι'],
  ['Hebrew', 'נמל: עונה 1: ערפל (פרק 2)', 'נמל'],
  ['Arabic', 'ميناء: الموسم 1: ضباب (الحلقة 2)', 'ميناء'],
  ['Hindi', 'बंदरगाह: सीज़न 1: धुंध (एपिसोड 2)', 'बंदरगाह'],
  ['Thai', 'ท่าเรือ: ซีซั่น 1: หมอก (ตอนที่ 2)', 'ท่าเรือ'],
  ['Vietnamese', 'Cảng: Mùa 1: Sương (Tập 2)', 'cảng'],
  ['Indonesian', 'Pelabuhan: Musim 1: Kabut (Episode 2)', 'pelabuhan'],
  ['Japanese', '港: シーズン1: 霧 (第2話)', '港'],
  ['Korean', '항구: 시즌 1: 안개 (2화)', '항구'],
  ['Chinese, simplified', '港口: 第 1 季: 雾 (第 2 集)', '港口'],
  ['Chinese, wide colons', '港口：第一季：霧（第 2 集）', '港口'],
];

const films: [what: string, title: string][] = [
  ['plain', 'The Lighthouse Keeper'],
  ['with a colon', 'Harbour: The Return'],
  ['with a part', 'Harbour: Part Two'],
  ['with a volume', 'Harbour: Vol. 2'],
  ['with a chapter', 'Harbour: Chapter Two'],
  ['with two colons', 'Harbour: Episode IV: A New Lamp'],
  ['with a season in its name', 'Season of the Fog'],
  ['with a season behind a colon', 'Harbour: Season of the Fog'],
  ['with a number', '2 Lamps'],
  ['in French, with a colon', 'Phare : la nuit'],
];

function showOf(title: string, others: readonly string[] = []) {
  const shows = new Shows();
  for (const each of [title, ...others]) shows.add(each);
  return shows.of(title);
}

describe('a title', () => {
  it.each(episodes)('in %s is an episode: %s', (_, title, series) => {
    expect(showOf(title)).toEqual({ showId: series.normalize('NFKC'), isFilm: false });
  });

  it.each(films)('%s is a film: %s', (_, title) => {
    expect(showOf(title)).toMatchObject({ isFilm: true });
  });

  it('without a word of its season belongs to the series that another title tells of', () => {
    expect(showOf('Harbour: The Making of', ['Harbour: Season 1: Fog'])).toEqual({
      ...{ showId: 'harbour', isFilm: false },
    });
  });

  it('belongs to the longest series that it begins with', () => {
    const others = ['Harbour: Season 1: Fog', 'Harbour: The Isles: Season 1: Rain'];
    expect(showOf('Harbour: The Isles: Making of', others).showId).toBe('harbour: the isles');
  });

  it('of three parts is an episode when three of them begin alike', () => {
    const alike = ['Fog: Lamp: One', 'Fog: Lamp: Two', 'Fog: Lamp: Three'];
    expect(showOf(alike[0]!, alike)).toEqual({ showId: 'fog', isFilm: false });
    expect(showOf(alike[0]!, alike.slice(0, 2)).isFilm).toBe(true);
  });

  it('of a film is never taken for the series of that name', () => {
    const shows = new Shows();
    for (const title of ['Harbour', 'Harbour: Season 1: Fog']) shows.add(title);
    expect(shows.of('Harbour').isFilm).toBe(true);
    expect(shows.of('Harbour').showId).not.toBe(shows.of('Harbour: Season 1: Fog').showId);
  });

  it('is one show whatever its case and spaces', () => {
    expect(showOf('HARBOUR:  Season 1: Fog').showId).toBe(showOf('Harbour: Season 2: Rain').showId);
  });
});

describe('a device', () => {
  it.each([
    ['Samsung CE 2020 Nike-L UHD TV Smart TV', 'TV'],
    ['Sony CE Sony Android TV 2020 M5 Smart TV', 'TV'],
    ['Roku Athens HDR Smart TV', 'TV'],
    ['Philips 2013 MTK5396 based TVs Smart TV', 'TV'],
    ['LG 2019 MStar M3R', 'TV'],
    ['FireTV 4K Stick 2018', 'STREAMER'],
    ['Google Chromecast V3 Streaming Stick', 'STREAMER'],
    ['Apple TV 4K', 'STREAMER'],
    ['Sony 2012 Blu-ray Players', 'STREAMER'],
    ['Vodafone Giga TV Cable Box', 'STREAMER'],
    ['Comcast Xfinity Set Top Box', 'STREAMER'],
    ['Chrome PC (Cadmium)', 'WEB'],
    ['Safari MAC (Cadmium)', 'WEB'],
    ['Netflix Windows App - Cadmium Windows Mobile', 'WEB'],
    ['Internet Explorer', 'WEB'],
    ['Apple iPad Pro 12.9 in 5th Gen (Wi-Fi/Cell) iPad', 'TABLET'],
    ['DefaultWidevineAndroidTablets', 'TABLET'],
    ['Amazon Kindle Fire HD', 'TABLET'],
    ['Apple iPhone 15 Pro Max', 'PHONE'],
    ['DefaultWidevineAndroidPhone', 'PHONE'],
    ['Android WidevineL3 Phone', 'PHONE'],
    ['Sony PS4', 'CONSOLE'],
    ['Microsoft Xbox One S', 'CONSOLE'],
    ['Nintendo Wii U', 'CONSOLE'],
    ['', 'OTHER'],
    ['A toaster', 'OTHER'],
  ])('%s is of kind %s', (device, kind) => {
    expect(deviceKindOf(device)).toBe(kind);
  });
});
