"""Watched words (`blacklist`): events of danger. A name of a person, an account or a number is refused, as far as told.

What can be told: masked personal data, anything but Chinese characters (handles are mostly Latin), a surname before a
title or `某`, words that the segmenter takes for a person's name, and a surname with one or two characters that are no
word of the lexicon. A rare name that looks like a word passes: the second person who approves a rulebook must look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import rjieba

from analyzers.masking import mask
from streams.errors import Misconfigured

MOST = 300
LEAST_CHARACTERS, MOST_CHARACTERS = 2, 12
FILE = re.compile(r"""^(?P<lead>\s*-\s*)(?P<quote>["']?)!file\s+(?P<path>[^"']+?)(?P=quote)\s*$""", re.MULTILINE)
"""A line of the list that stands for a file's words, as ElastAlert has it: `- "!file words.txt"`."""
HAN = re.compile(r"[一-鿿]+")
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗凤方俞任袁柳鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬安常乐于傅皮齐康伍余顾孟黄穆萧尹姚邵汪毛戴宋庞熊纪舒屈项祝董梁杜阮蓝闵席季贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍虞万"
    "卢莫房丁邓洪包左石崔吉龚程邢裴陆翁荀甄曲封储靳焦侯蓬全班仇宁甘厉祖武符刘詹龙叶黎白赖卓池乔翟谭姬申冉桂牛燕尚温庄晏柴瞿阎慕连习"
    "艾向古易廖居衡步都耿满匡文寇广阙利蔚越夔隆师巩聂晁辛阚那简饶曾沙关查游盖岳肖"
)
TITLED = re.compile(
    f"^[{SURNAMES}](?:某|总|局长?|书记|主任|科长|处长|县长|镇长|乡长|市长|校长|院长|所长|队长|老师|医生|警官|律师"
    "|先生|女士|小姐|老板|师傅|阿姨|大爷|某某)+$"
)
EVENTS = re.compile("洪水|余震|瓦斯|龙卷风|雷暴|毛石")
"""Words of danger that the segmenter takes for names."""
NICKNAMES = re.compile(rf"^(?:[老小阿][{SURNAMES}])$|网友|博主|大V|楼主|账号|昵称|用户名|公众号")
NAMED = re.compile(rf"^(?:[{SURNAMES}]|欧阳|司马|上官|诸葛|夏侯|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|端木)")


def problem_of(words: Sequence[str]) -> str:
    """Say what is wrong with a list of watched words, or nothing; the word itself is not repeated where it may be one.

    A place in the list is named by its number, since what looks like a person must not travel into logs.
    """
    if len(words) > MOST:
        return f"`words` may have {MOST} words, not {len(words)}"
    for number, word in enumerate(words, start=1):
        if word.startswith("!file"):
            return f"`words`, word {number}: `!file` is read only from a rulebook's file on the machine"
        if why := refused(word):
            return f"`words`, word {number}: {why}"
    twice = next((number for number, word in enumerate(words, start=1) if word in words[: number - 1]), 0)
    return f"`words`, word {twice}: it is there already" if twice else ""


def refused(word: str) -> str:
    """Say why a word may not be watched for, or nothing."""
    if mask(word).kinds:
        return "personal data is not watched for"
    if not HAN.fullmatch(word):
        return "only Chinese characters: accounts, handles, numbers and addresses are not watched for"
    if not LEAST_CHARACTERS <= len(word) <= MOST_CHARACTERS:
        return f"a word has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters"
    if looks_like_person(word):
        return "it looks like a person or an account: what happens is watched for, never who"
    return ""


def looks_like_person(word: str) -> bool:
    """Say whether a word of Chinese characters may be somebody's name, nickname or account, as far as can be told."""
    if TITLED.search(word) or NICKNAMES.search(word):
        return True
    rest = EVENTS.sub("", word)
    tagged = list(rjieba.tag(rest)) if len(rest) > 1 else []
    if any(tag.startswith("nr") for _, tag in tagged):
        return True
    return len(rest) in {2, 3} and len(tagged) > 1 and bool(NAMED.match(rest))  # a surname, and no word with it


def with_files(text: str, folder: Path) -> str:
    """Return a rulebook's text with the words of the files it names in their place. Raises Misconfigured.

    So the words are part of what a second person approves, and of the mark by which alerts name their rulebook.
    """

    def words(found: re.Match[str]) -> str:
        path = folder / found["path"]
        if path.is_absolute() and folder.resolve() not in path.resolve().parents:
            raise Misconfigured(f"rulebook: !file {found['path']}: the file must lie beside the rulebook or below it")
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"rulebook: !file {found['path']}: {error}") from error
        kept = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        if not kept:
            raise Misconfigured(f"rulebook: !file {found['path']}: it has no words")
        return "\n".join(f"{found['lead']}'{word.replace(chr(39), '')}'" for word in kept)

    return FILE.sub(words, text)
