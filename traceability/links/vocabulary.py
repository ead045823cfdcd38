"""Link types of the GS1 Web Vocabulary: those that producers may add, and those whose answer is the house's own.

Terms of https://ref.gs1.org/voc/ (link types), without those of medicines and of deprecated use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import Text, _

LINK_TYPES: Mapping[str, Text] = MappingProxyType(
    {
        "pip": _("Trang giới thiệu sản phẩm"),
        "recipeInfo": _("Công thức, cách pha, cách nấu"),
        "instructions": _("Hướng dẫn sử dụng"),
        "consumerHandlingStorageInfo": _("Cách giữ, cách bảo quản"),
        "ingredientsInfo": _("Thành phần"),
        "nutritionalInfo": _("Dinh dưỡng"),
        "allergenInfo": _("Chất gây dị ứng"),
        "safetyInfo": _("An toàn khi dùng"),
        "certificationInfo": _("Giấy chứng nhận"),
        "sustainabilityInfo": _("Môi trường, tái chế"),
        "relatedVideo": _("Video"),
        "relatedImage": _("Hình ảnh"),
        "tutorial": _("Bài hướng dẫn từng bước"),
        "quickStartGuide": _("Hướng dẫn nhanh"),
        "activityIdeas": _("Gợi ý vui chơi, trải nghiệm"),
        "faqs": _("Câu hỏi thường gặp"),
        "support": _("Nơi giúp đỡ khách"),
        "review": _("Nhận xét của khách"),
        "leaveReview": _("Nơi viết nhận xét"),
        "socialMedia": _("Mạng xã hội"),
        "homepage": _("Trang của cơ sở"),
        "promotion": _("Khuyến mãi"),
        "loyaltyProgram": _("Khách quen"),
        "subscribe": _("Đăng ký nhận tin"),
        "hasRetailers": _("Nơi bán"),
        "purchaseSuppliesOrAccessories": _("Mua thêm"),
        "eventsInfo": _("Đi thăm, sự kiện"),
        "scheduleTime": _("Đặt lịch hẹn"),
        "locationInfo": _("Chỉ đường tới nơi"),
        "openingHoursInfo": _("Giờ mở cửa"),
        "menuInfo": _("Thực đơn"),
        "serviceInfo": _("Bảo trì, sửa chữa"),
        "registerProduct": _("Đăng ký bảo hành"),
        "whatsInTheBox": _("Trong hộp có gì"),
        "appDownload": _("Ứng dụng trên điện thoại"),
        "careersInfo": _("Tuyển người làm"),
        "statisticInfo": _("Số liệu"),
        "registryEntry": _("Trang đăng ký của cơ quan"),
        "logisticsInfo": _("Giao nhận hàng"),
        "masterData": _("Dữ liệu gốc cho máy"),
        "epcis": _("Dữ liệu truy xuất cho máy (EPCIS)"),
        "smartLabel": _("Nhãn thông minh"),
        "jws": _("Chữ ký số"),
    }
)
"""Each with its words; `paymentLink` is left out: a scan never leads to a payment."""
RESERVED = frozenset(
    {
        "defaultLink",
        "defaultLinkMulti",
        "traceability",
        "recallStatus",
        "verificationService",
        "productPassport",
        "handledBy",
    }
)
"""What a code leads to first, where goods come from, whether they were recalled: producers never answer these."""
MEDIA_TYPES: Mapping[str, Text] = MappingProxyType(
    {
        "text/html": _("Trang web"),
        "application/pdf": _("Tệp PDF"),
        "image/jpeg": _("Ảnh JPEG"),
        "image/png": _("Ảnh PNG"),
        "video/mp4": _("Video MP4"),
        "application/json": _("Dữ liệu JSON"),
        "application/ld+json": _("Dữ liệu JSON-LD"),
    }
)
