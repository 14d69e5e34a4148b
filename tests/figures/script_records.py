"""Trials with names in many scripts."""

from __future__ import annotations

from typing import Any

from forest_records import record, trial

Json = dict[str, Any]

CHINESE = "曲妥珠单抗联合治疗研究"
JAPANESE = "トラスツズマブ併用療法の試験"
KOREAN = "트라스투주맙 병용 요법 시험"
ARABIC = "دراسة سريرية عشوائية"
HEBREW = "מחקר קליני אקראי"
MIXED = (
    "JBCRG-M05 (ペルツズマブ)",
    "研究 301，第二版（中期分析）",
    "מחקר HER2 (301)",
    "دراسة 301 مع HER2",
    "Study مصر 2",
    "한국 KCSG-BR18",
)
NAMES = (CHINESE, JAPANESE, KOREAN, ARABIC, HEBREW, *MIXED)
ARABIC_HEAD, CHINESE_HEAD = "العلاج الأول", "一线治疗 First line"


def scripts(names: tuple[str, ...] = NAMES) -> Json:
    """One trial for each name; groups and comparisons are in other scripts too."""
    items = []
    for index, name in enumerate(names):
        effect = 0.55 + 0.06 * (index % 7)
        spread = 1.2 + 0.1 * (index % 4)
        group = (ARABIC_HEAD, CHINESE_HEAD)[index * 2 // len(names)]
        interval = (effect, effect / spread, effect * spread)
        arms = (40 + index, 200 + index), (60 + index, 201 + index)
        items.append(trial(name, 2015 + index % 9, group, names[-1 - index], interval, *arms))
    return record("scripts", "Names in other scripts: 总生存期, 전체 생존, בקרה", items)


def unprinted() -> Json:
    """Thai and Devanagari, for which no font is shipped."""
    return scripts(("ทดลอง 3", "परीक्षण", CHINESE))
