"""Names of persons after the words that introduce one (我叫, 本人, 联系人 …): where the name ends."""

from __future__ import annotations

import re

from analyzers.text import word_kinds

_SINGLE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪"
    "严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席"
    "卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来苟全褚廉简娄盖"
    "符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台"
    "巫鞠僧桑荆谌银扬明伏岑习胥保和蔺肖付闫代朴阚逯慕禹"
)
_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|令狐|慕容|司徒|夏侯|公孙|端木|长孙"
_WEAK = "于曾向时和任常都应安平连解全明易强高方成单关来有保和管查原商计文代党台"
_GIVEN = frozenset(
    "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕丽春辉鹏宇浩然欣怡子涵梓轩雨晨思远佳琪凤琴淑珍德生荣福贵宝玲"
    "莉萍云飞龙虎林森波斌彬峰锋亮俊凯博翔泽瑞嘉雪莹颖慧婷倩蕾薇琳瑶璐妍婉诗雅洁晶菲蓉芬芝莲菊香翠仙巧美爱珠银金彩素贤惠忠义仁信礼孝"
    "振兴胜利新成立学良才祥顺昌盛旺发财富康健安宁全根栓柱社民旭东晓阳光辰昊天宏洪伦坤乾毅恒永长庆友存保守正维继世家宗祖耀启承少立业"
    "勤俭彦哲睿铭鑫淼炎焱垚钧铁钢锦绣帆帅奇琦琨瑜瑾璇萱萌蕊蓓岚岩峻山川江河湖源泉润泓清沛沐楠桐柏松柳杨树梁栋楚晗晴晟昕昱曦月星辉映"
    "如若之其可心怀念恩慈悦愉乐喜欢笑容姿妮姗娇媛媚嫣纯真诚实坚勉励进达道通运亚丹丙卫尚小大召定贞"
)
"""Characters that given names are often made of: what tells 联系人于欣志 from 联系人于昨日."""
_SURE = r"我叫|我的名字[叫是]?|名叫|名字叫|联系人|联络人|姓名|举报人|投诉人|反映人|求助人|来信人|留言人|申请人|当事人"
_LOOSE = r"本人|我是"
NAME_RULE = re.compile(
    rf"(?P<key>(?:{_SURE}|{_LOOSE})(?:的?姓名|的?名字|叫)?)(?P<gap>做?[是为叫: ,(“\"'\[【]{{0,3}})"
    rf"(?P<name>(?P<surname>(?:{_DOUBLE}|[{_SINGLE}]) ?)[\u4e00-\u9fa5·]{{1,3}})"
)
_END = re.compile(
    r"$|[^\u4e00-\u9fa5a-z0-9]|[0-9]|今年|男|女|系|是|来自|现年|现住|住|家住|家在|身份证|电话|手机|联系|号码|先生|女士|同志|于|在|为|的|"
    r"和|与|我|要|想|向|反映|举报|投诉|实名|户籍|籍贯|年龄|职务|职业|单位|地址|原|现|已|一名|村民|市民|居民|业主|老师|申请|因|有|对|"
    r"及|等|20|19|曾|从|到|去年|前年|就读|毕业|工作|从事|多次|请|希望|恳请"
)


_TOLD = re.compile(r"[,， (（、]{0,2}(?:男|女|今年|现年|系|家住|现住|身份证|电话|手机|联系电话|[0-9]{2}岁)")
"""What follows a name and hardly anything else: then even a word of the dictionary is taken for one."""
_NEVER = frozenset(  # after 本人, 姓名 and the like these are words, not names
    """
    查询 和联 和电 高中 高管 高级 常年 常住 常驻 单位 时常 时间 管理 都是 都有 成年 全家 全部 安置 应该 平时 向来
    """.split()  # noqa: SIM905 - words read best so
)


_PLACE = re.compile(
    r"[\u4e00-\u9fa5]{2,5}?(?:小区|花园|家园|嘉园|佳苑|社区|公寓|公司|集团|广场|物业|业委会|中学|小学|医院|[镇乡村](?![\u4e00-\u9fa5]))"
)
"""A place or a firm where a name might be."""


def name_span(match: re.Match[str]) -> tuple[int, int]:
    """Return where the name in a match starts and ends, or (0, 0) if what follows the word is no name."""
    start, text = match.start("name"), match.string
    whole = match.group("name")
    key, gap = match.group("key"), match.group("gap")
    told_so = key.endswith("叫") or gap.startswith(("叫", "做"))
    sure = told_so or (gap != "" and (re.match(_SURE, key) is not None or key.endswith(("姓名", "名字"))))
    surname = len(match.group("surname"))
    double = len(match.group("surname").strip()) == 2
    if _PLACE.match(text, start):
        return 0, 0
    for given in (2, 1):
        end = start + surname + given
        name = whole[: surname + given]
        if len(name) < surname + given:
            continue
        stop = _END.match(text, end)
        if stop is None or name[:2] in _NEVER or name[: surname + 1] in _NEVER:
            continue
        if " " in name and not (sure and _GIVEN.issuperset(name[surname:])):
            continue
        hard = not stop.group() or not stop.group()[0].isalnum()
        told = _TOLD.match(text, end) is not None
        if double or told or told_so or (":" in gap and hard) or _is_name(name, sure, hard):
            return start, end
    if sure and len(whole) > surname and " " not in whole:
        end = start + min(len(whole), surname + 2)
        return (start, end) if _is_name(text[start:end], sure, hard=False) else (0, 0)
    return 0, 0


def _is_name(name: str, sure: bool, hard: bool) -> bool:
    tagged = word_kinds(name)
    known = len(tagged) == 1 and not tagged[0][1].startswith(("nr", "x"))
    person = len(tagged) == 1 and tagged[0][1].startswith("nr")
    if person and hard:  # 于国强 is a name, though 于国 is a word too
        return True
    if len(name) > 2 and _is_word(name[:2]):
        return False
    if sure:
        return person or not known
    if name[0] in _WEAK:
        return hard and (person or (len(name) == 3 and _GIVEN.issuperset(name[1:])))
    return person or (hard and not known and all(len(word) == 1 or tag.startswith("nr") for word, tag in tagged))


def _is_word(name: str) -> bool:
    tagged = word_kinds(name)
    return len(tagged) == 1 and not tagged[0][1].startswith(("nr", "x"))
