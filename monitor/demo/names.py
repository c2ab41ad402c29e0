"""Names of the fictitious compound: an invented city, its bureaux and their departments, in Chinese and English."""

from typing import NamedTuple


class Bureau(NamedTuple):
    """A bureau: code, names, office buildings it sits in, people, and its departments (zh, en)."""

    code: str
    zh: str
    en: str
    buildings: tuple[int, ...]
    heads: int
    departments: tuple[tuple[str, str], ...]


ROOT = ("QL", "青岚市政府大院", "Qinglan Municipal Government Compound")

BUREAUX: tuple[Bureau, ...] = (
    Bureau("ZFB", "市政府办公室", "General Office", (1, 2), 420, (
        ("综合一科", "First General Division"), ("秘书科", "Secretariat Division"), ("督查室", "Inspection Office"))),
    Bureau("FGW", "发展和改革委员会", "Development and Reform Commission", (1, 3), 380, (
        ("规划科", "Planning Division"), ("投资科", "Investment Division"), ("能源科", "Energy Division"))),
    Bureau("JYJ", "教育局", "Education Bureau", (4, 5), 300, (
        ("基础教育科", "Basic Education Division"), ("职业教育科", "Vocational Education Division"),
        ("考试中心", "Examination Centre"))),
    Bureau("GXJ", "工业和信息化局", "Industry and Information Technology Bureau", (6, 7), 290, (
        ("经济运行科", "Economic Operations Division"), ("技术改造科", "Technical Renewal Division"),
        ("信息化科", "Informatisation Division"))),
    Bureau("MZJ", "民政局", "Civil Affairs Bureau", (8, 9), 260, (
        ("社会救助科", "Social Assistance Division"), ("养老服务科", "Elderly Care Division"),
        ("区划地名科", "Place Names Division"))),
    Bureau("CZJ", "财政局", "Finance Bureau", (10, 11), 360, (
        ("预算科", "Budget Division"), ("国库科", "Treasury Division"), ("政府采购科", "Procurement Division"))),
    Bureau("RSJ", "人力资源和社会保障局", "Human Resources and Social Security Bureau", (12, 13), 340, (
        ("就业促进科", "Employment Division"), ("社会保险科", "Social Insurance Division"),
        ("劳动监察科", "Labour Inspection Division"))),
    Bureau("ZGJ", "自然资源和规划局", "Natural Resources and Planning Bureau", (14, 15), 350, (
        ("国土空间规划科", "Spatial Planning Division"), ("不动产登记科", "Real Estate Registration Division"),
        ("测绘科", "Surveying Division"))),
    Bureau("HBJ", "生态环境局", "Ecology and Environment Bureau", (16, 17), 270, (
        ("大气环境科", "Air Quality Division"), ("环评科", "Impact Assessment Division"),
        ("水生态科", "Water Ecology Division"))),
    Bureau("ZJJ", "住房和城乡建设局", "Housing and Urban-Rural Development Bureau", (18, 19), 330, (
        ("房地产科", "Real Estate Division"), ("村镇建设科", "Village and Town Division"),
        ("建筑节能科", "Building Efficiency Division"))),
    Bureau("JTJ", "交通运输局", "Transport Bureau", (20, 21), 310, (
        ("公路科", "Highways Division"), ("运输管理科", "Transport Management Division"),
        ("水运科", "Waterways Division"))),
    Bureau("NYJ", "农业农村局", "Agriculture and Rural Affairs Bureau", (22, 23), 280, (
        ("种植业科", "Crop Farming Division"), ("畜牧科", "Livestock Division"),
        ("农村合作科", "Rural Co-operation Division"))),
    Bureau("WLJ", "文化和旅游局", "Culture and Tourism Bureau", (24, 25), 250, (
        ("公共文化科", "Public Culture Division"), ("文物科", "Cultural Relics Division"),
        ("旅游推广科", "Tourism Promotion Division"))),
    Bureau("WJW", "卫生健康委员会", "Health Commission", (26, 27), 320, (
        ("医政科", "Medical Administration Division"), ("疾病预防科", "Disease Prevention Division"),
        ("妇幼健康科", "Maternal and Child Health Division"))),
    Bureau("SJJ", "市场监督管理局", "Market Regulation Bureau", (28,), 240, (
        ("登记注册科", "Registration Division"), ("质量监督科", "Quality Supervision Division"),
        ("计量科", "Metrology Division"))),
    Bureau("JGJ", "机关事务管理局", "Government Offices Administration", (29, 30), 460, (
        ("节能管理科", "Energy Conservation Division"), ("公务用车科", "Vehicle Division"),
        ("膳食科", "Catering Division"), ("宿舍管理科", "Dormitory Division"))),
)  # fmt: skip
