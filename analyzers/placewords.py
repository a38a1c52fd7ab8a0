"""Words around a name that say whether it is a place, whose, and which: rows, for people to read and change.

What belongs to one city (its products, landmarks, look-alikes) is in the city's file, not here.
"""

from __future__ import annotations

import re

PEOPLE = frozenset(
    "蔡张王李刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋贾丁魏薛叶阎潘杜戴夏"
    "姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
"""Surnames: one of them, standing alone right before a short name, makes it a given name (蔡崇信)."""
ROAD = re.compile(
    r"(?:东|西|南|北|中)?(?:路(?!灯|面|政|网|况|边摊)|街(?!道(?:上|太|很|两|卫|脏)|头|上|面)|大道|大街|巷(?!子)|弄|胡同|小区|花园|新村|苑)"
)
"""Of that name: a street or an estate, which any city may have; not its lamps or its surface."""
SHOP = re.compile(
    r"(?:大|国际|商务|假日)?(?:酒店|宾馆|饭店|酒楼|饭庄|旅馆|烟酒|商行|餐馆|面馆|小吃|火锅|烧烤|土特产|特产|专卖|号)"
)
MOVES = re.compile(r"[,。!?;:、\n]|到|回|至|往|去|来|和|与|及|跟|同|离|比|转|返|或|、|-|—|不|有|是|在")
"""Between another city and a name: they are two places, not one in the other."""
ORIGIN_BEFORE = re.compile(
    r"(?:老家是?在?|户口在?|户籍(?:地?在?|地是)|籍贯(?:是|在)?|祖籍|出生[在于]|来自|嫁到|原籍|娘家在?|"
    r"我是|我们是|俺是|本人|本人是|我叫.{1,6}|作为(?:一[名个])?|身为)(?:一[名个位])?(?:甘肃省?|本市|{city})?$"
)
ORIGIN_AFTER = re.compile(r"^[县市区]?(?:籍|老乡|人(?![民员才口社行工为大防均流家武事数])|的?老?居民在)")
"""Where the writer is from, which need not be where the matter is."""
FIRSTS = "县市区籍老人的居"
LASTS = "口是在地籍贯祖于自到家原人叫为名个位一肃省市像学习如比起照鉴考仿的近壁县去往赴"
"""With which the words of ORIGIN_AFTER begin, and with which those of ORIGIN_BEFORE, COMPARED and HEADED end."""
COMPARED = re.compile(
    r"(?:像|学学|学习|不如|比起?|参照|借鉴|参考|仿照|比如|譬如|例如|相邻的|隔壁的?|邻县|邻近的?)(?:{city})?$"
)
HEADED = re.compile(r"(?:去|前往|发往|开往|通往|到|往|赴|嫁到|搬到|转到)(?:{city})?$")
"""Where one goes, which comes after where one is."""
OFFICE = re.compile(
    r"(?:镇|乡|街道)?(?:中心)?(?:街上|集市|集镇|镇上|卫生院|中学|小学|初中|派出所|政府|财政所|司法所|信用社|供电所|敬老院|"
    r"幼儿园|邮局|国土所|变电站|工业园|养老院|赶集)"
)
"""What a town has: after a town's name without 镇 or 乡, they mean the town."""
VAGUE = re.compile(r"[东西南北中上下新大老前后][关街城河门庄湾坪沟川店]|城区|城市社区|开发|安国|白水|朝那")
"""Names of towns that are everywhere, or are words: without their county next to them they mean nothing."""
SEAT = ("市区", "城区", "市城区", "主城区", "市里")
"""After the city's short name: the district where the city's seat is, if it has only one district."""
