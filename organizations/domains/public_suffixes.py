"""Domains below which anybody can register a domain: no organization's own.

Known are the top level, what registries commonly use below the codes of countries, and a list of
others, among them the domain that Microsoft gives every tenant one in. It is not the whole of the
Public Suffix List, which has thousands of towns and hosts: whoever sets a domain sees it.
"""

# What registries call the level below a country's code, nearly everywhere: com.au, co.uk, gob.mx.
_BELOW_COUNTRIES = frozenset(
    ("ac", "co", "com", "edu", "gob", "gouv", "gov", "mil", "net", "org"),
)

_OTHERS = """
    ab.ca act.au ad.jp adm.br adv.br ae.org agr.br agric.za aichi.jp ak.us akita.jp al.us alt.za
    aomori.jp app.br appspot.com ar.us arq.br art.br arts.ro asn.au asso.fr av.tr avocat.fr
    az.us azurewebsites.net bbs.tr bc.ca bel.tr bio.br biz.cy biz.id biz.in biz.my biz.pk biz.pl
    biz.tr biz.vn blog.br blogspot.com br.com ca.us chiba.jp cloudapp.net cloudfront.net club.tw
    cn.com cn.ua cnt.br co.com conf.au coop.ar coop.br coop.in cri.nz ct.us dc.us ddns.net
    de.com de.us desa.id dev.br dp.ua dr.tr duckdns.org dyndns.org ebiz.tw eco.br ed.cr ed.jp
    ehime.jp emp.br eng.br es.kr esp.br eu.com eu.org fam.pk firebaseapp.com firm.co firm.in
    firm.ro firm.ve fl.us fly.dev fm.br fukui.jp fukuoka.jp fukushima.jp ga.us game.tw gb.com
    gb.net gc.ca geek.nz gen.in gen.nz gen.tr gifu.jp github.io gitlab.io go.cr go.id go.jp
    go.ke go.kr go.th go.tz go.ug govt.nz gr.com gr.jp gub.uy gunma.jp gv.at health.nz health.vn
    herokuapp.com hi.us hiroshima.jp hokkaido.jp hopto.org hotel.tz hs.kr hu.com hu.net hyogo.jp
    i.ng ia.us ibaraki.jp id.au id.ir id.us idf.il idv.hk idv.tw if.ua il.us in.net in.th in.ua
    in.us ind.br ind.in inf.br info.au info.co info.hu info.in info.ke info.pk info.pl info.ro
    info.tr info.tz info.ve info.vn ishikawa.jp iwate.jp iwi.nz jp.net jpn.com jus.br k12.il
    k12.tr kagawa.jp kagoshima.jp kanagawa.jp kep.tr kg.kr kh.ua kharkov.ua kiev.ua kiwi.nz
    kochi.jp kr.com kr.ua ks.us kumamoto.jp ky.us kyiv.ua kyoto.jp la.us law.za leg.br lg.jp
    log.br ltd.cy ltd.gi ltd.lk ltd.uk lv.ua lviv.ua ma.us maori.nz mb.ca md.us me.in me.ke
    me.tz me.uk me.us med.br med.sa medecin.fr media.pl mex.com mi.th mi.us mie.jp miyagi.jp
    miyazaki.jp mn.us mo.us mobi.ke mobi.ng mobi.tz mp.br ms.kr ms.us mt.us muni.il my.id
    myshopify.com nagano.jp nagasaki.jp name.my name.ng name.tr name.vn nara.jp nb.ca nc.us
    nd.us ne.jp ne.ke ne.kr ne.tz ne.ug ne.us netlify.app ngo.za nh.us nhs.uk nic.in niigata.jp
    nj.us nl.ca nm.us no-ip.org no.com nom.co nom.es nom.fr nom.pe nom.pl nom.ro nom.za not.br
    notaires.fr ns.ca nsw.au nt.au nt.ca nu.ca nv.us ny.us od.ua odesa.ua odo.br oh.us oita.jp
    ok.us okayama.jp okinawa.jp on.ca ong.br onmicrosoft.com onmicrosoft.de onmicrosoft.us
    onmschina.cn onrender.com or.at or.cr or.id or.jp or.ke or.kr or.th or.tz or.ug or.us
    osaka.jp oz.au pa.us pages.dev parliament.nz pe.ca pe.kr per.sg plc.ly plc.uk pol.tr
    police.uk pp.ru pp.ua prd.fr press.ma presse.fr priv.at priv.hu priv.no priv.pl pro.br
    pro.in pro.vn psc.br psi.br qc.ca qc.com qld.au radio.br re.kr rec.br rec.ro res.in ri.us
    ru.com sa.au sa.com sa.cr saga.jp saitama.jp sc.ke sc.kr sc.tz sc.ug sc.us sch.ae sch.id
    sch.ir sch.lk sch.ng sch.sa sch.uk school.nz school.za sd.us se.net seg.br shiga.jp
    shimane.jp shizuoka.jp shop.hu shop.pl sk.ca sklep.pl sport.hu srv.br store.ro store.ve
    tas.au tec.br tec.ve tel.tr tm.fr tm.hu tm.pl tm.ro tm.za tn.us tochigi.jp tokushima.jp
    tokyo.jp tottori.jp toyama.jp tur.ar tur.br tv.br tv.in tv.tr tv.tz tx.us uk.com uk.in
    uk.net us.com us.in us.org ut.us va.us vercel.app vet.br vic.au vt.us wa.au wa.us
    wakayama.jp waw.pl web.app web.co web.id web.lk web.pk web.tr web.ve web.za wi.us wiki.br
    workers.dev wv.us www.ro wy.us yamagata.jp yamaguchi.jp yamanashi.jp yk.ca za.com zapto.org
    zp.ua
"""

_OTHER_SUFFIXES = frozenset(_OTHERS.split())


def is_public_suffix(name: str) -> bool:
    """Tell whether anybody can register a domain below a canonical domain."""
    label, _, parent = name.partition(".")
    is_below_country = len(parent) == 2 and label in _BELOW_COUNTRIES
    return not parent or is_below_country or name in _OTHER_SUFFIXES
