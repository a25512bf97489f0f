"""Conversations in the smaller languages of the desk."""

from supportdesk_tui.server.seed.thread import Thread

JA = (
    Thread("FND", ("{coin}の出金が{hours}時間反映されません", "{order}が処理中のままです"),
      ("{amount} {coin}を{network}で出金しましたが、{hours}時間経っても届きません。注文番号は{order}です。", "お世話になっております。{order}の状況を教えていただけますでしょうか。"),
      (("ご不便をおかけしております。新しい端末からの操作のため、審査中でございます。",), ("いつ頃完了しますか。",), ("2時間以内に結果をご連絡いたします。",), ("承知しました。よろしくお願いします。",)), plot="review"),
    Thread("DEP", ("{amount} {coin}の入金が反映されない",), ("{amount} {coin}を入金しましたが残高に反映されません。TXIDは{txid}です。",),
      (("確認いたします。ネットワークをお知らせください。",), ("{network}です。",), ("以前のアドレス宛のため手動で処理いたします。2時間以内に反映予定です。",), ("承知しました。",)), plot="credit"),
    Thread("KYC", ("本人確認が承認されません({device})",), ("{device}で撮った本人確認書類が3回却下されました。理由を教えてください。",),
      (("写真の右下に反射がございます。自然光での再撮影をお願いいたします。",), ("再提出しました。",)), plot="blur"),
    Thread("ACC", ("{device}に機種変更後、二段階認証が使えません",), ("機種変更で認証アプリが空になり、ログインできません。",),
      (("再設定の手順をお送りいたします。",), ("顔認証で失敗します。",), ("担当者による確認に切り替えました。",), ("助かります。",)), plot="lost_app"),
    Thread("TEC", ("{version}でアプリが落ちます",), ("バージョン{version}に更新後、先物画面で落ちます。",), (("再現できました。今夜修正版を公開いたします。",), ("お待ちしています。",))),
    Thread("USE", ("{coin}を現物から先物へ振替したい",), ("{coin}の振替ボタンが見つかりません。",), (("資産画面の「振替」からお手続きいただけます。",), ("ありました!",)), plot="plain"),
)  # fmt: skip
KO = (
    Thread("FND", ("{coin} 출금 {hours}시간째 대기", "{order} 출금이 안 됩니다"), ("{amount} {coin} 출금 신청한 지 {hours}시간 됐는데 아직 처리 중입니다. 주문번호 {order}",),
      (("확인해 보니 보안 심사 중입니다. 빠르게 처리하도록 요청했습니다.",), ("얼마나 더 걸리나요?",), ("2시간 이내에 안내드리겠습니다.",), ("네, 부탁드립니다.",)), plot="review"),
    Thread("DEP", ("{amount} {coin} 입금 미반영",), ("{network}로 {amount} {coin} 보냈는데 반영이 안 됩니다. {txid}",), (("네트워크와 TXID를 확인 중입니다.",), ("빨리 좀 부탁드려요.",)), plot="credit"),
    Thread("SEC", ("{city} 해외 로그인 알림",), ("{city}에서 로그인됐다는 메일을 받았어요. 제가 아닙니다. 계정 정지해 주세요!",),
      (("즉시 정지했습니다. 마지막으로 직접 로그인하신 시간이 언제인가요?",), ("어제 저녁입니다.",), ("보안팀에 전달했습니다.",), ("감사합니다.",)), plot="intrusion"),
    Thread("KYC", ("인증 거절, {device}",), ("{device}로 찍은 신분증 사진이 흐리다고 계속 거절됩니다.",), (("자연광에서 다시 촬영해 주세요.",), ("다시 올렸습니다.",)), plot="blur"),
    Thread("USE", ("{pair} 수수료 문의",), ("{pair} 현물 수수료가 얼마인가요?",), (("0.10%부터이며 등급에 따라 낮아집니다.",), ("감사합니다.",)), plot="plain"),
)  # fmt: skip
RU = (
    Thread("FND", ("Вывод {coin} завис на {hours} часов", "Где мои {amount} {coin}?"),
      ("Здравствуйте, вывел {amount} {coin} через {network}, прошло {hours} часов, статус «в обработке». Заявка {order}.", "Сколько можно ждать?! {amount} {coin}, {order}!!!"),
      (("Заявка на проверке из-за нового устройства, я попросил ускорить.",), ("Когда будет результат?",), ("Не позднее чем через два часа, я напишу вам здесь.",), ("Жду.",), ("Отправлено: {txid}, {seen} из {needed}.",), ("Получил, спасибо.",)), plot="review"),
    Thread("DEP", ("Депозит {amount} {coin} не зачислен",), ("Отправил {amount} {coin}, сеть {network}, подтверждения есть, на балансе нет. {txid}",),
      (("Это старый адрес, нужна ручная обработка, около двух часов.",), ("Хорошо, жду.",)), plot="credit"),
    Thread("TRD", ("Почему ликвидировали позицию {pair}?",), ("Цена не доходила до моей ликвидации! Заявка {od}.",),
      (("Ликвидация идёт по цене маркировки. Пришлю расчёт.",), ("Пришлите письменно.",))),
    Thread("ACC", ("Потерял {device} с 2FA",), ("Потерял {device}, не могу войти, кодов нет.",), (("Сброс через селфи на странице входа.",), ("Селфи не проходит.",), ("Передал на ручную проверку.",), ("Спасибо.",)), plot="lost_app"),
    Thread("SEC", ("Вход из {city} — это не я",), ("Пришло письмо о входе из {city}. Заморозьте аккаунт!",), (("Заморозил. Когда вы входили последний раз сами?",), ("Вчера вечером.",)), plot="intrusion"),
    Thread("USE", ("Какой лимит вывода {coin}?",), ("Какой у меня дневной лимит на вывод {coin}?",), (("Для второго уровня 100 000 USDT в день.",), ("Понятно, спасибо.",)), plot="plain"),
    Thread("FIA", ("Перевод {bank} не пришёл",), ("Перевёл {amount} {coin} с карты, номер {bank}, денег нет.",), (("Переводы занимают до трёх рабочих дней. Пришлите чек.",), ("Чек во вложении.",)), plot="bank_in"),
)  # fmt: skip
ES = (
    Thread("FND", ("Retiro de {coin} pendiente hace {hours} horas", "¿Dónde está mi retiro {order}?"),
      ("Hola, retiré {amount} {coin} por {network} hace {hours} horas y sigue en proceso. Orden {order}.", "¡Llevo {hours} horas esperando! Orden {order}, por favor respondan."),
      (("Gracias por el número. Está en revisión por el dispositivo nuevo; ya pedí que lo vean.",), ("¿Cuánto tarda?",), ("Como mucho dos horas, le escribo por aquí.",), ("De acuerdo, gracias.",)), plot="review"),
    Thread("DEP", ("Depósito de {amount} {coin} no acreditado",), ("Envié {amount} {coin} por {network} y no aparece. TXID {txid}",), (("Lo encontré, es una dirección antigua; lo acreditamos a mano.",), ("¿Hoy mismo?",), ("Sí, en dos horas.",), ("Perfecto.",)), plot="credit"),
    Thread("KYC", ("Verificación rechazada, {device}",), ("Me rechazan la foto del pasaporte ({device}) por tercera vez.",), (("Hay un reflejo abajo a la derecha. Tómela con luz natural.",), ("Ya la subí de nuevo.",)), plot="blur"),
    Thread("FIA", ("Transferencia {bank} sin llegar",), ("Transferí {amount} {coin} ayer, referencia {bank}, y no llega.",), (("Tarda de uno a tres días hábiles. ¿Me adjunta el comprobante?",), ("Adjunto.",)), plot="bank_in"),
    Thread("USE", ("¿Cómo paso {coin} a futuros?",), ("No encuentro el botón para transferir {coin}.",), (("En Activos, Transferir.",), ("¡Ya lo vi!",)), plot="plain"),
    Thread("SEC", ("Inicio de sesión desde {city}",), ("Alguien entró a mi cuenta desde {city}. ¡Congélenla!",), (("Ya está congelada. ¿Cuándo entró usted por última vez?",), ("Anoche.",)), plot="intrusion"),
)  # fmt: skip
FR = (
    Thread("FND", ("Retrait de {coin} en attente",), ("Bonjour, mon retrait {order} de {amount} {coin} est en attente depuis {hours} heures.",),
      (("Il est en vérification à cause du nouvel appareil, j'ai demandé une priorité.",), ("Combien de temps encore ?",), ("Deux heures au plus, je vous écris ici.",), ("Merci.",)), plot="review"),
    Thread("KYC", ("Vérification refusée, {device}",), ("Ma pièce d'identité ({device}) est refusée, « photo floue ».",), (("Reprenez la photo à la lumière du jour, sans flash.",), ("C'est fait.",)), plot="blur"),
    Thread("ACC", ("Plus d'accès au 2FA, {device}",), ("J'ai changé pour un {device} et je ne peux plus me connecter.",), (("La réinitialisation se fait avec un selfie.",), ("Le selfie échoue.",)), plot="lost_app"),
    Thread("USE", ("Frais sur {pair}",), ("Quels sont les frais au comptant sur {pair} ?",), (("À partir de 0,10 %.",), ("Merci !",)), plot="plain"),
)  # fmt: skip
VI = (
    Thread("FND", ("Rút {coin} chưa nhận được",), ("Tôi rút {amount} {coin} đã {hours} giờ mà chưa nhận được. Mã {order}.",), (("Lệnh đang được kiểm tra, tôi đã yêu cầu ưu tiên.",), ("Bao lâu nữa ạ?",)), plot="review"),
    Thread("DEP", ("Nạp {amount} {coin} chưa vào",), ("Tôi nạp {amount} {coin} qua {network} mà chưa thấy. TXID {txid}",), (("Tôi đang kiểm tra giúp bạn.",), ("Cảm ơn.",)), plot="credit"),
    Thread("USE", ("Hạn mức rút {coin}",), ("Một ngày tôi được rút bao nhiêu {coin}?",), (("Cấp 2 là 100.000 USDT mỗi ngày.",), ("Cảm ơn bạn.",)), plot="plain"),
)  # fmt: skip
TR = (
    Thread("FND", ("{amount} {coin} çekimim bekliyor",), ("{amount} {coin} çekim talebim {hours} saattir bekliyor. Emir {order}.",), (("Yeni cihaz nedeniyle incelemede, hızlandırılmasını istedim.",), ("Ne kadar sürer?",)), plot="review"),
    Thread("KYC", ("Kimlik doğrulama reddedildi, {device}",), ("{device} ile çektiğim fotoğraf üç kez reddedildi.",), (("Lütfen gün ışığında tekrar çekin.",), ("Yükledim.",)), plot="blur"),
    Thread("USE", ("{pair} komisyon oranı",), ("{pair} spot komisyonu ne kadar?",), (("Yüzde 0,10'dan başlar.",), ("Teşekkürler.",)), plot="plain"),
)  # fmt: skip
